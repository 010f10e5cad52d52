//! What a draft costs: the machine's time, the energy that takes, and its price.
//!
//! Invariant: an estimate from two numbers that a person can read off a plug and a bill; nothing is measured here.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What the machine takes while the model computes, and what that costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Power {
    /// Watts beyond those of an idle machine; 1 to 10,000.
    pub watts: u32,
    /// Of a kilowatt-hour, in `currency`; `None` where nobody has said. 0 to 1,000,000.
    pub price: Option<f64>,
    /// How the price is written, 1 to 8 characters.
    pub currency: String,
}

impl Default for Power {
    /// A notebook under load; a desktop takes about three times as much.
    fn default() -> Self {
        Self { watts: 40, price: None, currency: "€".into() }
    }
}

impl Power {
    /// Watt-hours for this much of the machine's time.
    #[must_use]
    pub fn watt_hours(&self, compute: Duration) -> f64 {
        f64::from(self.watts) * compute.as_secs_f64() / 3600.0
    }

    /// Its price, in [`Power::currency`].
    #[must_use]
    pub fn price_of(&self, compute: Duration) -> Option<f64> {
        self.price.map(|price| price * self.watt_hours(compute) / 1000.0)
    }

    /// The field that is wrong, what it is, and what was expected.
    pub(crate) fn problem(&self) -> Option<(&'static str, String, &'static str)> {
        if !(1..=10_000).contains(&self.watts) {
            return Some(("power in watts", self.watts.to_string(), "1 to 10000"));
        }
        if let Some(price) = self.price.filter(|price| !(0.0..=1e6).contains(price)) {
            return Some(("price of a kilowatt-hour", price.to_string(), "0 to 1000000"));
        }
        let currency = self.currency.trim();
        if currency.is_empty() || currency.chars().count() > 8 || currency.chars().any(char::is_control) {
            return Some(("currency", format!("{:?}", self.currency), "1 to 8 characters"));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_at_forty_watts_is_forty_watt_hours() {
        let power = Power { price: Some(0.25), ..Power::default() };
        assert_eq!(power.watt_hours(Duration::from_secs(3600)), 40.0);
        assert_eq!(power.price_of(Duration::from_secs(3600)), Some(0.01));
        assert_eq!(Power::default().price_of(Duration::from_secs(3600)), None, "nobody has said what it costs");
    }

    #[test]
    fn what_no_bill_says_is_refused() {
        let field = |power: Power| power.problem().map(|(field, ..)| field);
        assert_eq!(field(Power::default()), None);
        assert_eq!(field(Power { watts: 0, ..Power::default() }), Some("power in watts"));
        for price in [-0.1, f64::NAN, f64::INFINITY] {
            assert_eq!(field(Power { price: Some(price), ..Power::default() }), Some("price of a kilowatt-hour"));
        }
        assert_eq!(field(Power { currency: " ".into(), ..Power::default() }), Some("currency"));
    }
}
