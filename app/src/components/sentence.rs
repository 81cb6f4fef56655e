//! Words of errors and of clusters, which begin small, as sentences of a page.

/// `a name is needed` → `A name is needed.`
pub(crate) fn sentence(words: impl ToString) -> String {
    let text = words.to_string();
    let mut chars = text.chars();
    let mut sentence: String = chars
        .next()
        .map(|first| first.to_uppercase().to_string())
        .unwrap_or_default();
    sentence.push_str(chars.as_str());
    if !sentence.is_empty() && !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn an_error_becomes_a_sentence() {
        assert_eq!(sentence("a name is needed"), "A name is needed.");
        assert_eq!(sentence("“x” is no size."), "“x” is no size.");
        assert_eq!(sentence(""), "");
    }
}
