//! Where packed bytes live: memory of our own, or a part of a mapped file.
//!
//! *Invariant: what a [`Bytes`] shows stays in place and readable for as long as any clone of it lives.*
#![expect(unsafe_code, reason = "aligned memory and a mapped file have no safe form")]

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::fs::File;
use std::io;
use std::ops::{Deref, Range};
use std::ptr::NonNull;
use std::sync::Arc;

/// Bytes that a matrix lives in: owned and aligned to 64, or part of a mapped file. A clone shares them.
#[derive(Clone)]
pub struct Bytes(Kind);

#[derive(Clone)]
enum Kind {
    Owned(Arc<Aligned>),
    Part(Arc<Mapped>, Range<usize>),
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Kind::Owned(owned) => owned,
            Kind::Part(mapped, range) => &mapped.bytes()[range.clone()],
        }
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        let mut owned = Aligned::zeroed(bytes.len());
        owned.bytes_mut().copy_from_slice(bytes);
        owned.into()
    }
}

impl From<Aligned> for Bytes {
    fn from(owned: Aligned) -> Self {
        Self(Kind::Owned(Arc::new(owned)))
    }
}

/// A page of the larger kind on x86-64 and Arm.
const HUGE: usize = 2 << 20;

/// Zeroed memory, aligned to a cache line.
pub(crate) struct Aligned {
    start: NonNull<u8>,
    len: usize,
}

impl Aligned {
    pub(crate) fn zeroed(len: usize) -> Self {
        let layout = Self::layout(len);
        // SAFETY: the layout's size is not zero.
        let start = unsafe { alloc_zeroed(layout) };
        let owned = Self { start: NonNull::new(start).unwrap_or_else(|| handle_alloc_error(layout)), len };
        owned.ask_for_huge_pages();
        owned
    }

    /// A matrix is read from end to end for every token: with pages of 4 KiB, half of that time is spent looking up addresses.
    fn ask_for_huge_pages(&self) {
        #[cfg(target_os = "linux")]
        if self.len >= HUGE {
            // SAFETY: advice about whole pages of our own memory, which stays what it is. That the system does not take it is no
            // error.
            let _ = unsafe { libc::madvise(self.start.as_ptr().cast(), self.len, libc::MADV_HUGEPAGE) };
        }
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: `len` bytes from `start` are ours and were zeroed.
        unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.len) }
    }

    fn layout(len: usize) -> Layout {
        Layout::from_size_align(len.max(1), if len >= HUGE { HUGE } else { 64 }).expect("a matrix is smaller than the address space")
    }
}

impl Deref for Aligned {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: as in `bytes_mut`.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl Drop for Aligned {
    fn drop(&mut self) {
        // SAFETY: allocated with the same layout, and dropped once.
        unsafe { dealloc(self.start.as_ptr(), Self::layout(self.len)) }
    }
}

// SAFETY: it owns its memory, which changes only through `&mut`.
unsafe impl Send for Aligned {}
// SAFETY: as above.
unsafe impl Sync for Aligned {}

/// A file mapped for reading.
///
/// Who changes or shortens the file meanwhile changes what is read, or ends the process with SIGBUS. That is why the engine
/// maps files only in the child process, which may die of it.
pub struct Mapped(memmap2::Mmap);

impl Mapped {
    /// Maps the whole of `file`.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(file: &File) -> io::Result<Arc<Self>> {
        // SAFETY: plain bytes are read, for which every content is valid; a change under the map is documented above.
        unsafe { memmap2::Mmap::map(file) }.map(|map| Arc::new(Self(map)))
    }

    /// The whole file.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Tells the system that the pages inside `range` (bytes) are not needed soon; they are read again when touched.
    pub fn release(&self, range: Range<usize>) {
        let start = range.start.next_multiple_of(PAGE);
        let end = range.end.min(self.0.len()) / PAGE * PAGE;
        if start < end {
            // SAFETY: the map is shared and read-only, so dropped pages come back from the file with the same content.
            // It is advice: that the system does not take it is no error.
            #[cfg(unix)]
            let _ = unsafe { self.0.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, start, end - start) };
        }
    }

    /// The bytes of `range`, or nothing when it is not inside the file.
    pub fn part(self: &Arc<Self>, range: Range<usize>) -> Option<Bytes> {
        self.0.get(range.clone())?;
        Some(Bytes(Kind::Part(Arc::clone(self), range)))
    }
}

/// The largest page of the systems that we run on (Apple's is 16 KiB, some Arm systems use 64).
const PAGE: usize = 64 << 10;

impl std::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bytes").field("len", &self.len()).finish()
    }
}

impl std::fmt::Debug for Mapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mapped").field("len", &self.0.len()).finish()
    }
}
