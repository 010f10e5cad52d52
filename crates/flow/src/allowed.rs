//! Which addresses and programs approved text may go to: what an admin has named, and nothing else.
//!
//! Invariant: an address is spoken to, and a program is run, only where the list names it at that moment. Addresses of this machine and of
//! its network are closed unless the list names exactly them: a name that leads there opens nothing.

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::settings::Person;
use crate::storage::{self, Conn};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use url::{Host, Url};

/// What an admin allows. Empty: nothing leaves but into files.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Allowed {
    /// Beginnings of addresses: `https://desk.example.org/hooks/`. Scheme, host and port are the same, the path begins so, piece by piece.
    pub webhooks: Vec<String>,
    /// Programs, by their full path.
    pub commands: Vec<String>,
}

/// The address of a webhook that may be spoken to now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    url: Url,
}

impl Address {
    pub fn as_str(&self) -> &str {
        self.url.as_str()
    }

    /// Whether the host, as it was resolved, may be spoken to: a public address, or the one that the list names itself.
    pub fn may_be(&self, ip: IpAddr) -> bool {
        match self.url.host() {
            Some(Host::Ipv4(named)) => ip == IpAddr::V4(named),
            Some(Host::Ipv6(named)) => ip == IpAddr::V6(named),
            Some(Host::Domain("localhost")) => ip.is_loopback(),
            Some(Host::Domain(_)) => is_public(ip),
            None => false,
        }
    }
}

const MOST_ADDRESS: usize = 2_000;

/// An address that a webhook can have, listed or not.
fn parse(text: &str) -> Result<Url> {
    let wrong = |expected: &str| Error::invalid("address", format!("{text:?}"), expected.to_owned());
    if text.len() > MOST_ADDRESS {
        return Err(Error::invalid("address", format!("{} bytes", text.len()), format!("at most {MOST_ADDRESS} bytes")));
    }
    let url = Url::parse(text).map_err(|e| wrong(&format!("an address such as https://desk.example.org/hooks/gait: {e}")))?;
    if !["https", "http"].contains(&url.scheme()) {
        return Err(wrong("an address that begins with https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("an address without a name or a password in it; the signature tells the receiver who sends"));
    }
    if url.fragment().is_some() {
        return Err(wrong("an address without #"));
    }
    if url.scheme() == "http" && !is_near(&url) {
        return Err(wrong("https://; http:// is for addresses of this machine and its network that are written as numbers"));
    }
    Ok(url)
}

/// Named as this machine or an address of its network.
fn is_near(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => !is_public(ip.into()),
        Some(Host::Ipv6(ip)) => !is_public(ip.into()),
        None => false,
    }
}

fn begins_with(url: &Url, entry: &Url) -> bool {
    let same =
        |a: &Url, b: &Url| a.scheme() == b.scheme() && a.host() == b.host() && a.port_or_known_default() == b.port_or_known_default();
    let rest = url.path().strip_prefix(entry.path());
    same(url, entry) && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || entry.path().ends_with('/'))
}

impl Allowed {
    /// The address, where the list names it.
    ///
    /// # Errors
    /// [`Error::Invalid`] with what is wrong with it, or that it is not on the list.
    pub fn webhook(&self, text: &str) -> Result<Address> {
        let url = parse(text)?;
        let listed = self.webhooks.iter().filter_map(|entry| parse(entry).ok()).any(|entry| begins_with(&url, &entry));
        if !listed {
            let origin = url.origin().ascii_serialization();
            return Err(Error::invalid("address", origin, "an address that an admin has put on the list of those that texts may go to"));
        }
        Ok(Address { url })
    }

    /// The program and its arguments, where the list names the program.
    ///
    /// # Errors
    /// [`Error::Invalid`] with what is wrong.
    pub fn command(&self, text: &str) -> Result<Vec<String>> {
        let words = words(text)?;
        let program = words.first().cloned().unwrap_or_default();
        if !self.commands.contains(&program) {
            return Err(Error::invalid(
                "program",
                format!("{program:?}"),
                "a program that an admin has put on the list of those that texts may go to",
            ));
        }
        Ok(words)
    }

    /// As whoever is no admin may see it: an address's path can hold a key, and is `…`. Saved as it is shown, it would allow nothing more.
    pub fn shown(&self) -> Self {
        let shown = |entry: &String| {
            let origin = origin(entry);
            if entry.trim_end_matches('/') == origin { origin } else { format!("{origin}/…") }
        };
        Self { webhooks: self.webhooks.iter().map(shown).collect(), commands: self.commands.clone() }
    }

    fn check(&self) -> Result<()> {
        for entry in &self.webhooks {
            if parse(entry)?.query().is_some() {
                return Err(Error::invalid("address", format!("{entry:?}"), "the beginning of an address, without ?"));
            }
        }
        for program in &self.commands {
            if words(program)?.len() != 1 {
                return Err(Error::invalid("program", format!("{program:?}"), "one full path, without arguments"));
            }
        }
        if self.webhooks.len() + self.commands.len() > 200 {
            return Err(Error::invalid("list", self.webhooks.len() + self.commands.len(), "at most 200 entries"));
        }
        Ok(())
    }
}

/// A program and its arguments, one a line; no line is looked at for quotes, spaces or variables.
fn words(text: &str) -> Result<Vec<String>> {
    let words: Vec<String> = text.lines().map(str::to_owned).collect();
    let program = words.first().map(String::as_str).unwrap_or_default();
    if !Path::new(program).is_absolute() || text.contains('\0') || words.len() > 100 || text.len() > 10_000 {
        return Err(Error::invalid("program", format!("{program:?}"), "a full path in the first line, an argument in each further one"));
    }
    Ok(words)
}

/// The address without its path, which can hold a key.
pub(crate) fn origin(text: &str) -> String {
    Url::parse(text).map_or_else(|_| text.to_owned(), |url| url.origin().ascii_serialization())
}

pub(crate) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

/// By IANA's registry of special addresses.
fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = a == 0
        || ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_multicast()
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 198 && (18..20).contains(&b))
        || (a == 192 && b == 0 && (c == 0 || c == 2))
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && b == 51 && c == 100)
        || (a == 203 && b == 0 && c == 113);
    !special
}

/// Of the addresses that hold one of version 4, the inner one counts; of the others only global unicast is public.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    let inner = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    if let Some(v4) = ip.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    if s[..6] == [0x64, 0xff9b, 0, 0, 0, 0] {
        return is_public_v4(inner(s[6], s[7]));
    }
    if s[0] == 0x2002 {
        return is_public_v4(inner(s[1], s[2]));
    }
    let documentation = (s[0] == 0x2001 && s[1] == 0xdb8) || s[0] == 0x3fff;
    // Teredo, benchmarks and the like.
    let protocols = s[0] == 0x2001 && s[1] < 0x200;
    (s[0] & 0xe000) == 0x2000 && !documentation && !protocols
}

const KEY: &str = "allowed";

/// Nothing is allowed where the list cannot be read.
pub(crate) fn read(c: &Conn) -> Result<Allowed> {
    Ok(storage::setting::get(c, KEY)?.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
}

impl Desk {
    /// # Errors
    /// Those of the database.
    pub fn allowed(&self) -> Result<Allowed> {
        self.read(read)
    }

    /// Keeps the list. What is taken off is spoken to no more, from the next text on.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for reviewers; [`Error::Invalid`] with the entry.
    pub fn save_allowed(&self, allowed: &Allowed, person: &Person) -> Result<Allowed> {
        person.must_be_admin("change where texts may go")?;
        let tidy = |list: &[String]| {
            let mut tidy: Vec<String> = Vec::new();
            for entry in list.iter().map(|entry| entry.trim()).filter(|entry| !entry.is_empty()) {
                if !tidy.iter().any(|known| known == entry) {
                    tidy.push(entry.to_owned());
                }
            }
            tidy
        };
        let allowed = Allowed { webhooks: tidy(&allowed.webhooks), commands: tidy(&allowed.commands) };
        allowed.check()?;
        self.transact(|c, now, changes| {
            storage::setting::set(c, KEY, &storage::to_json(&allowed))?;
            let Allowed { webhooks, commands } = allowed.shown();
            let all: Vec<String> = webhooks.into_iter().chain(commands).collect();
            let detail = if all.is_empty() { "nothing".to_owned() } else { all.join(", ") };
            storage::event::insert(c, now, &person.name, "allowed_changed", None, None, Some(&detail))?;
            changes.settings = true;
            changes.activity = true;
            Ok(allowed)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(webhooks: &[&str], commands: &[&str]) -> Allowed {
        let own = |list: &[&str]| list.iter().map(|entry| (*entry).to_owned()).collect();
        Allowed { webhooks: own(webhooks), commands: own(commands) }
    }

    #[test]
    fn j1_an_address_that_is_not_on_the_list_is_refused() {
        let allowed = list(&["https://desk.example.org/hooks/", "http://127.0.0.1:8080", "https://täst.example/x"], &[]);
        for good in [
            "https://desk.example.org/hooks/gait",
            "https://desk.example.org:443/hooks/gait?a=1",
            "https://DESK.example.org/hooks/../hooks/gait",
            "http://127.0.0.1:8080/any/path",
            "https://xn--tst-qla.example/x",
            "https://täst.example/x/y",
        ] {
            assert!(allowed.webhook(good).is_ok(), "{good}: {:?}", allowed.webhook(good));
        }
        for bad in [
            "http://desk.example.org/hooks/gait",
            "https://desk.example.org/other",
            "https://desk.example.org/hooks/../other",
            "https://desk.example.org/hooks/%2e%2e/other",
            "https://desk.example.org:8443/hooks/gait",
            "https://desk.example.org.evil.example/hooks/gait",
            "https://desk.example.org@evil.example/hooks/gait",
            "https://user:pw@desk.example.org/hooks/gait",
            "https://user@desk.example.org/hooks/gait",
            "https://desk.example.org/hooks/gait#x",
            "http://127.0.0.1/any",
            "http://127.0.0.2:8080/any",
            "http://localhost:8080/any",
            "http://[::1]:8080/any",
            "https://169.254.169.254/latest/meta-data",
            "https://10.1.2.3/",
            "https://tast.example/x",
            "https://täst.example/xy",
            "file:///etc/passwd",
            "ftp://desk.example.org/hooks/gait",
            "gopher://desk.example.org/hooks/",
            "javascript:alert(1)",
            "//desk.example.org/hooks/gait",
            "desk.example.org/hooks/gait",
            "",
        ] {
            let refused = allowed.webhook(bad);
            assert!(matches!(refused, Err(Error::Invalid { .. })), "{bad}: {refused:?}");
        }
        assert!(list(&[], &[]).webhook("https://desk.example.org/").is_err(), "an empty list allows nothing");
    }

    #[test]
    fn j1_numbers_in_disguise_are_the_address_that_they_are() {
        let allowed = list(&["http://127.0.0.1:8080"], &[]);
        for same in ["http://2130706433:8080/", "http://0x7f.1:8080/", "http://127.1:8080/"] {
            assert_eq!(allowed.webhook(same).unwrap().as_str(), "http://127.0.0.1:8080/", "{same}");
        }
        assert!(list(&["https://desk.example.org"], &[]).webhook("http://2130706433/").is_err());
    }

    #[test]
    fn j1_a_name_that_leads_to_this_machine_or_its_network_opens_nothing() {
        let named = list(&["https://desk.example.org"], &[]).webhook("https://desk.example.org/x").unwrap();
        for ip in ["93.184.216.34", "2606:2800:220:1::1"] {
            assert!(named.may_be(ip.parse().unwrap()), "{ip}");
        }
        for ip in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "192.0.2.1",
            "198.18.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "::7f00:1",
        ] {
            assert!(!named.may_be(ip.parse().unwrap()), "{ip}");
        }
        let near = list(&["http://10.0.0.7"], &[]).webhook("http://10.0.0.7/x").unwrap();
        assert!(near.may_be("10.0.0.7".parse().unwrap()), "exactly what the list names");
        assert!(!near.may_be("10.0.0.8".parse().unwrap()));
        let local = list(&["http://localhost:9"], &[]).webhook("http://localhost:9/x").unwrap();
        assert!(local.may_be("127.0.0.1".parse().unwrap()) && local.may_be("::1".parse().unwrap()));
        assert!(!local.may_be("10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn a_program_is_named_whole_and_its_arguments_are_lines() {
        let allowed = list(&[], &["/usr/bin/send"]);
        let words = allowed.command("/usr/bin/send\n--to\n$(id); rm -rf \"x y\"").unwrap();
        assert_eq!(words, ["/usr/bin/send", "--to", "$(id); rm -rf \"x y\""], "nothing is taken apart");
        for bad in ["/usr/bin/send2", "/usr/bin", "send", "/usr/bin/../bin/send", "/usr/bin/send --to", "", "/usr/bin/send\n\0"] {
            assert!(allowed.command(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn only_an_admin_changes_the_list_and_a_wrong_entry_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (desk, _) = crate::testing::desk(folder.path()).unwrap();
        let wanted = list(&[" https://desk.example.org/ ", "https://desk.example.org/", ""], &["/usr/bin/send"]);
        let refused = desk.save_allowed(&wanted, &crate::testing::reviewer());
        assert!(matches!(refused, Err(Error::NotAllowed { .. })), "{refused:?}");
        let kept = desk.save_allowed(&wanted, &crate::testing::admin()).unwrap();
        assert_eq!(kept, list(&["https://desk.example.org/"], &["/usr/bin/send"]), "tidied, each once");
        for wrong in
            [list(&["http://desk.example.org"], &[]), list(&["https://a.example/?x"], &[]), list(&[], &["send"]), list(&[], &["/a\nb"])]
        {
            assert!(matches!(desk.save_allowed(&wrong, &crate::testing::admin()), Err(Error::Invalid { .. })), "{wrong:?}");
        }
        assert_eq!(desk.allowed().unwrap(), kept);
    }
}
