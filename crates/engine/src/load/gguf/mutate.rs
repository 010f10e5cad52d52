//! Changes a sound GGUF file into one that may not be, for tests and for `fuzz/src/mutants.rs`.
//!
//! Invariant: the same file and seed give the same mutant.
//!
//! Half of the mutants keep their structure and lie in one to four places (a count, a type, a shape, a text); the
//! others have bytes changed, cut out, put in or cut off.

/// A file in its parts: raw values between the counts and lengths that can lie.
#[derive(Clone, Default)]
struct Parts {
    entries: Vec<Entry>,
    tensors: Vec<Tensor>,
    data: Vec<u8>,
}

#[derive(Clone)]
struct Entry {
    key: Vec<u8>,
    kind: u32,
    value: Vec<u8>,
}

#[derive(Clone)]
struct Tensor {
    name: Vec<u8>,
    dims: Vec<u64>,
    kind: u32,
    offset: u64,
}

/// `SplitMix64`.
pub(super) struct Draws(pub(super) u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.next() % (count.max(1) as u64)).unwrap_or(0)
    }

    /// A number from the edges that parsers break at.
    fn edge(&mut self) -> u64 {
        const EDGES: [u64; 24] = [
            0,
            1,
            2,
            3,
            7,
            8,
            31,
            33,
            63,
            255,
            256,
            4095,
            4097,
            65_537,
            1 << 20,
            1 << 30,
            (1 << 31) - 1,
            1 << 31,
            (1 << 32) - 1,
            1 << 33,
            (1 << 56) + 4,
            1 << 62,
            1 << 63,
            u64::MAX,
        ];
        let edge = EDGES[self.below(EDGES.len())];
        match self.below(4) {
            0 => edge.wrapping_add(1),
            1 => edge.wrapping_sub(1),
            _ => edge,
        }
    }
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(usize::try_from(count).ok()?)?;
        self.0 = rest;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = self.u64()?;
        self.take(length)
    }

    fn value(&mut self, kind: u32) -> Option<&'a [u8]> {
        let before = self.0;
        let width = |kind| {
            Some(match kind {
                0 | 1 | 7 => 1,
                2 | 3 => 2,
                4..=6 => 4,
                10..=12 => 8,
                _ => return None,
            })
        };
        match kind {
            8 => _ = self.text()?,
            9 => {
                let element = self.u32()?;
                let length = self.u64()?;
                if element == 8 {
                    for _ in 0..length {
                        self.text()?;
                    }
                } else {
                    self.take(length.checked_mul(width(element)?)?)?;
                }
            }
            other => _ = self.take(width(other)?)?,
        }
        before.get(..before.len() - self.0.len())
    }
}

impl Parts {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut cursor = Cursor(bytes);
        cursor.take(8)?;
        let (tensors, entries) = (cursor.u64()?, cursor.u64()?);
        let mut parts = Self::default();
        for _ in 0..entries {
            let key = cursor.text()?.to_vec();
            let kind = cursor.u32()?;
            parts.entries.push(Entry { key, kind, value: cursor.value(kind)?.to_vec() });
        }
        for _ in 0..tensors {
            let name = cursor.text()?.to_vec();
            let rank = cursor.u32()?;
            let dims = (0..rank).map(|_| cursor.u64()).collect::<Option<_>>()?;
            parts.tensors.push(Tensor { name, dims, kind: cursor.u32()?, offset: cursor.u64()? });
        }
        parts.data = cursor.0.to_vec();
        Some(parts)
    }

    fn write(&self, tensors: u64, entries: u64) -> Vec<u8> {
        let mut out = b"GGUF\x03\0\0\0".to_vec();
        let text = |out: &mut Vec<u8>, text: &[u8]| {
            out.extend((text.len() as u64).to_le_bytes());
            out.extend(text);
        };
        out.extend(tensors.to_le_bytes());
        out.extend(entries.to_le_bytes());
        for entry in &self.entries {
            text(&mut out, &entry.key);
            out.extend(entry.kind.to_le_bytes());
            out.extend(&entry.value);
        }
        for tensor in &self.tensors {
            text(&mut out, &tensor.name);
            out.extend(u32::try_from(tensor.dims.len()).unwrap_or(u32::MAX).to_le_bytes());
            tensor.dims.iter().for_each(|dim| out.extend(dim.to_le_bytes()));
            out.extend(tensor.kind.to_le_bytes());
            out.extend(tensor.offset.to_le_bytes());
        }
        out.resize(out.len().div_ceil(32) * 32, 0);
        out.extend(&self.data);
        out
    }
}

/// A mutant of a sound file.
pub(super) fn mutant(sound: &[u8], draws: &mut Draws) -> Vec<u8> {
    let times = 1 + draws.below(4);
    if draws.below(2) == 0
        && let Some(mut parts) = Parts::read(sound)
    {
        let (mut tensors, mut entries) = (parts.tensors.len() as u64, parts.entries.len() as u64);
        for _ in 0..times {
            match draws.below(12) {
                0 => tensors = draws.edge(),
                1 => entries = draws.edge(),
                2..6 => change_entry(&mut parts, draws),
                6..10 => change_tensor(&mut parts, draws),
                10 => {
                    let length = draws.below(parts.data.len());
                    parts.data.truncate(length);
                }
                // Key and value of one entry with the value of another: right in form, wrong in meaning.
                _ => {
                    let (from, to) = (draws.below(parts.entries.len()), draws.below(parts.entries.len()));
                    if let Some(Entry { kind, value, .. }) = parts.entries.get(from).cloned()
                        && let Some(entry) = parts.entries.get_mut(to)
                    {
                        (entry.kind, entry.value) = (kind, value);
                    }
                }
            }
        }
        return parts.write(tensors, entries);
    }
    let mut bytes = sound.to_vec();
    // Most damage goes into the header, which is at the front.
    let front = bytes.len().min(if draws.below(4) == 0 { usize::MAX } else { 4096 });
    for _ in 0..times {
        let place = draws.below(front.min(bytes.len()));
        change_bytes(&mut bytes, place, draws);
    }
    bytes
}

fn change_entry(parts: &mut Parts, draws: &mut Draws) {
    let index = draws.below(parts.entries.len());
    let copy = parts.entries.get(index).cloned();
    let Some(entry) = parts.entries.get_mut(index) else { return };
    match draws.below(9) {
        0 => entry.kind = u32::try_from(draws.below(15)).unwrap_or(0),
        // The length of a text or an array.
        1 | 2 => {
            let at = if entry.kind == 9 { 4 } else { 0 };
            let number = draws.edge().to_le_bytes();
            if let Some(place) = entry.value.get_mut(at..at + 8) {
                place.copy_from_slice(&number);
            }
        }
        // The type of an array's elements.
        3 if entry.kind == 9 => {
            let number = u32::try_from(draws.below(15)).unwrap_or(0).to_le_bytes();
            if let Some(place) = entry.value.get_mut(..4) {
                place.copy_from_slice(&number);
            }
        }
        4 => _ = parts.entries.remove(index),
        5 => parts.entries.extend(copy),
        6 => {
            let place = draws.below(entry.key.len());
            change_bytes(&mut entry.key, place, draws);
        }
        7 if entry.kind != 8 && entry.kind != 9 => {
            let number = draws.edge().to_le_bytes();
            entry.value.iter_mut().zip(number).for_each(|(byte, new)| *byte = new);
        }
        // Somewhere in the value, with the length kept: other texts, numbers, kinds of tokens.
        _ => {
            let from = if entry.kind == 9 { 12 } else { 8.min(entry.value.len()) };
            for _ in 0..1 + draws.below(8) {
                let place = from + draws.below(entry.value.len().saturating_sub(from));
                let byte = draws.next().to_le_bytes()[0];
                if let Some(old) = entry.value.get_mut(place) {
                    *old = byte;
                }
            }
        }
    }
}

fn change_tensor(parts: &mut Parts, draws: &mut Draws) {
    let index = draws.below(parts.tensors.len());
    let copy = parts.tensors.get(index).cloned();
    let Some(tensor) = parts.tensors.get_mut(index) else { return };
    match draws.below(8) {
        0 | 1 => {
            let place = draws.below(tensor.dims.len());
            let edge = draws.edge();
            if let Some(dim) = tensor.dims.get_mut(place) {
                *dim = edge;
            }
        }
        2 => tensor.dims.push(draws.edge()),
        3 => tensor.kind = u32::try_from(draws.below(48)).unwrap_or(0),
        4 => tensor.offset = draws.edge(),
        5 => tensor.offset = tensor.offset.wrapping_add(draws.edge()),
        6 => parts.tensors.extend(copy),
        _ => {
            let place = draws.below(tensor.name.len());
            change_bytes(&mut tensor.name, place, draws);
        }
    }
}

fn change_bytes(bytes: &mut Vec<u8>, place: usize, draws: &mut Draws) {
    match draws.below(6) {
        0 => bytes.truncate(place),
        1 => {
            let end = (place + 1 + draws.below(16)).min(bytes.len());
            bytes.drain(place.min(end)..end);
        }
        2 => {
            let new = draws.next().to_le_bytes();
            bytes.splice(place..place, new);
        }
        3 => {
            let number = draws.edge().to_le_bytes();
            bytes.iter_mut().skip(place).zip(number).for_each(|(byte, new)| *byte = new);
        }
        4 => {
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 1 << draws.below(8);
            }
        }
        _ => {
            let new = draws.next().to_le_bytes()[0];
            if let Some(byte) = bytes.get_mut(place) {
                *byte = new;
            }
        }
    }
}
