//! Amounts of bytes, in IEC units.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

const UNITS: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// A text that is no amount of bytes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("“{0}” is not a size: write a number and a unit, such as 100 GiB")]
pub struct SizeError(String);

/// An amount of bytes; shown with three significant digits in IEC units.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut amount = self.0 as f64;
        let mut unit = 0;
        // 999.5 would be written as “1000”, which is four digits.
        while amount >= 999.5 && unit + 1 < UNITS.len() {
            amount /= 1024.0;
            unit += 1;
        }
        let digits = match amount {
            _ if unit == 0 => 0,
            a if a < 9.995 => 2,
            a if a < 99.95 => 1,
            _ => 0,
        };
        write!(f, "{amount:.digits$} {}", UNITS[unit])
    }
}

impl FromStr for Bytes {
    type Err = SizeError;

    /// Reads `100 GiB`, `100Gi` (Kubernetes' spelling), `1.5 TiB` and plain numbers of bytes.
    fn from_str(text: &str) -> Result<Self, SizeError> {
        let wrong = || SizeError(text.to_owned());
        let trimmed = text.trim();
        let split = trimmed
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(trimmed.len());
        let (number, unit) = trimmed.split_at(split);
        let unit = unit.trim();
        let power = UNITS
            .iter()
            .position(|u| unit.eq_ignore_ascii_case(u) || (u.len() == 3 && unit == &u[..2]))
            .or_else(|| unit.is_empty().then_some(0))
            .ok_or_else(wrong)?;
        let factor = 1_u64 << (10 * power);
        if let Ok(whole) = number.parse::<u64>() {
            return whole.checked_mul(factor).map(Self).ok_or_else(wrong);
        }
        fraction(number, factor).map(Self).ok_or_else(wrong)
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a size with a fraction is rounded to whole bytes; the range is checked before"
)]
fn fraction(number: &str, factor: u64) -> Option<u64> {
    let amount = number.parse::<f64>().ok()? * factor as f64;
    (0.0..9.2e18)
        .contains(&amount)
        .then(|| amount.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_shown_with_three_digits() {
        let shown = [0, 1, 1023, 1024, 1536, 10_240, 1_048_575, 154_618_822_656]
            .map(|b| Bytes(b).to_string());
        assert_eq!(
            shown,
            [
                "0 B", "1 B", "1.00 KiB", "1.00 KiB", "1.50 KiB", "10.0 KiB", "1.00 MiB", "144 GiB"
            ]
        );
    }

    #[test]
    fn sizes_are_read_in_both_spellings() {
        for (text, bytes) in [
            ("100 GiB", 100 << 30),
            ("100Gi", 100 << 30),
            ("1.5 KiB", 1536),
            ("42", 42),
        ] {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
        for text in ["", "GiB", "-1 GiB", "1 GB", "1e3", "99999999 EiB", "NaN"] {
            assert!(text.parse::<Bytes>().is_err(), "{text}");
        }
    }
}
