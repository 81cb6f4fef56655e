//! Counts, with a thin space after every third digit.

/// `12 345 678`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len());
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push('\u{2009}');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn every_third_digit_is_followed_by_a_thin_space() {
        let shown = [0, 12, 999, 1000, 1_234_567].map(count);
        assert_eq!(
            shown,
            ["0", "12", "999", "1\u{2009}000", "1\u{2009}234\u{2009}567"]
        );
    }
}
