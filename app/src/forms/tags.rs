//! Tags as one line of text.

/// The words between the commas.
pub(super) fn read(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|tag| !tag.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The line that [`read`] takes apart again.
pub(super) fn write(tags: &[String]) -> String {
    tags.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_taken_apart_at_its_commas() {
        assert_eq!(read(" images ,, speech audio,"), ["images", "speech audio"]);
        assert_eq!(read(""), Vec::<String>::new());
    }
}
