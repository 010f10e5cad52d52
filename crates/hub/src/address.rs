//! Where a hub is, and where it may send a download.
//!
//! Invariant: what leaves this machine leaves it over TLS; without TLS only this machine itself is spoken to, and only
//! when the hub is on it.

use crate::error::{Error, Result};
use crate::name::Name;
use url::{Host, Url};

#[derive(Debug, Clone)]
pub(crate) struct Address(Url);

impl Address {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let wrong = || Error::Address { found: text.to_owned() };
        let mut url = Url::parse(text.trim()).map_err(|_| wrong())?;
        let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
        let safe = match url.scheme() {
            "https" => url.host().is_some(),
            "http" => is_local(&url),
            _ => false,
        };
        if !plain || !safe {
            return Err(wrong());
        }
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(Self(url))
    }

    pub(crate) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    pub(crate) fn is_local(&self) -> bool {
        is_local(&self.0)
    }

    /// The address of a file. What is not plain in a name is encoded.
    pub(crate) fn of(&self, name: &Name) -> Url {
        let mut url = self.0.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(&name.owner).push(&name.repository).push("resolve");
            // As the hub's own client has it, a revision is one piece of the path.
            path.push(&name.revision);
            path.extend(name.file.split('/'));
        }
        url
    }

    /// A pasted address of a page of this hub, without the hub; anything else as it is.
    pub(crate) fn strip<'a>(&self, text: &'a str) -> &'a str {
        let text = text.split(['?', '#']).next().unwrap_or_default();
        text.strip_prefix(self.0.as_str()).unwrap_or(text)
    }

    /// Whether an answer from there is the hub's own word.
    pub(crate) fn speaks(&self, url: &Url) -> bool {
        url.origin() == self.0.origin()
    }

    /// Where a redirect leads.
    pub(crate) fn follow(&self, from: &Url, location: &str) -> Result<Url> {
        let to = from.join(location).map_err(|_| Error::Strange("it redirects to what is no address".to_owned()))?;
        let safe = match to.scheme() {
            "https" => to.host().is_some(),
            "http" => self.is_local() && is_local(&to),
            _ => false,
        };
        if safe && to.username().is_empty() {
            Ok(to)
        } else {
            // Without its path and query, which can hold a key.
            Err(Error::Unsafe(format!("{}://{}", to.scheme(), to.host_str().unwrap_or_default())))
        }
    }

    /// For people, and kept with the model.
    pub(crate) fn origin(&self, name: &Name, commit: Option<&str>) -> String {
        let at = commit.unwrap_or(&name.revision);
        format!("{}{name} @ {at}", self.0.as_str().trim_start_matches("https://"))
    }
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_or_this_machine() {
        for good in ["https://hub.example", "https://hub.example/mirror/", "http://localhost:8000", "http://127.0.0.1:1", "http://[::1]:9"]
        {
            assert!(Address::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "hub.example",
            "http://hub.example",
            "ftp://hub.example",
            "https://",
            "https://a:b@hub.example",
            "https://h/?q=1",
            "file:///etc",
            "http://localhost.example",
        ] {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_redirect_stays_on_tls_and_off_this_machine() {
        let hub = Address::parse("https://hub.example").unwrap();
        let from = hub.of(&Name::parse("a/b/c.gguf", None).unwrap());
        assert_eq!(from.as_str(), "https://hub.example/a/b/resolve/main/c.gguf");
        assert_eq!(hub.follow(&from, "/moved/c.gguf").unwrap().as_str(), "https://hub.example/moved/c.gguf");
        assert!(hub.follow(&from, "https://cdn.example/x?key=1").is_ok());
        for bad in ["http://hub.example/x", "http://127.0.0.1/x", "file:///etc/passwd", "ftp://a/b", "https://u@cdn.example/x"] {
            assert!(hub.follow(&from, bad).is_err(), "{bad}");
        }
        let local = Address::parse("http://localhost:1").unwrap();
        assert!(local.follow(&from, "http://127.0.0.1:2/x").is_ok());
        assert!(local.follow(&from, "http://hub.example/x").is_err());
        assert!(!hub.speaks(&"https://cdn.example/x".parse().unwrap()), "only the hub names hashes");
    }

    #[test]
    fn a_pasted_address_is_a_name() {
        let hub = Address::parse("https://hub.example").unwrap();
        assert_eq!(hub.strip("https://hub.example/a/b/blob/main/c.gguf?download=true"), "a/b/blob/main/c.gguf");
        assert_eq!(hub.strip("a/b/c.gguf"), "a/b/c.gguf");
        let name = Name::parse("미/b c/d e.gguf", Some("refs/pr/3")).unwrap();
        assert_eq!(hub.of(&name).as_str(), "https://hub.example/%EB%AF%B8/b%20c/resolve/refs%2Fpr%2F3/d%20e.gguf");
        assert_eq!(hub.origin(&name, Some("0123abc")), "hub.example/미/b c/d e.gguf @ 0123abc");
    }
}
