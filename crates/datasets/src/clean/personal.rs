//! Personal data by rule.
//!
//! Invariant: no value that a rule found remains in what is written.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Email,
    Phone,
    /// A payment card, by Luhn's sum.
    Card,
    /// By its remainder modulo 97.
    Iban,
    /// United States social security number.
    Ssn,
    /// Korean resident registration number, by shape and date (its check digit is not asked: since October 2020 it may be any).
    ResidentNumber,
    Ipv4,
    Ipv6,
    Url,
    /// Keys of services by their shape.
    Key,
    /// Bearer and session tokens, private keys, passwords that are named as such.
    Token,
    /// From the request's own fields.
    Name,
}

impl Kind {
    pub const ALL: [Self; 12] = [
        Self::Email,
        Self::Phone,
        Self::Card,
        Self::Iban,
        Self::Ssn,
        Self::ResidentNumber,
        Self::Ipv4,
        Self::Ipv6,
        Self::Url,
        Self::Key,
        Self::Token,
        Self::Name,
    ];

    /// The word in its placeholder: `[EMAIL_1]`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::Phone => "PHONE",
            Self::Card => "CARD",
            Self::Iban => "IBAN",
            Self::Ssn => "SSN",
            Self::ResidentNumber => "RRN",
            Self::Ipv4 => "IPV4",
            Self::Ipv6 => "IPV6",
            Self::Url => "URL",
            Self::Key => "KEY",
            Self::Token => "TOKEN",
            Self::Name => "NAME",
        }
    }
}

/// Names of fields that hold a name, unless the recipe says otherwise.
pub const NAME_FIELDS: &[&str] = &[
    "name",
    "first_name",
    "last_name",
    "full_name",
    "firstname",
    "lastname",
    "surname",
    "customer",
    "customer_name",
    "contact",
    "contact_name",
    "sender",
    "sender_name",
    "from",
    "author",
    "company",
    "street",
    "address",
    "이름",
    "성명",
    "성함",
    "고객",
    "고객명",
    "담당자",
    "작성자",
    "보낸사람",
    "회사",
    "회사명",
    "주소",
];
