//! Where to go after signing in. What comes in is anybody's text; what goes out is a path of this console.

const LONGEST_BYTES: usize = 2048;

/// The path itself if it is one of this console's, else `/`.
///
/// One `/` first, no second `/`, nowhere a `\` (browsers read it as `/`), printable ASCII only: pages send their
/// address percent-encoded. The sign-in's own addresses are left out, they would lead round in a circle.
pub(crate) fn safe_path(text: Option<&str>) -> &str {
    let Some(path) = text else { return "/" };
    let is_path = path.len() <= LONGEST_BYTES
        && path.starts_with('/')
        && !path.starts_with("//")
        && path
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let leads_round = path.starts_with("/auth/")
        || path
            .strip_prefix("/sign-in")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['?', '#', '/']));
    if is_path && !leads_round { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::safe_path;

    #[test]
    fn a_path_of_the_console_is_kept() {
        for path in [
            "/",
            "/data-volumes?search=gr%C3%B6%C3%9Fe&page=2#top",
            "/sign-in-help",
            "/a//b",
            "/%2F%2Fa",
        ] {
            assert_eq!(safe_path(Some(path)), path);
        }
    }

    #[test]
    fn anything_else_is_the_first_page() {
        let long = format!("/{}", "a".repeat(3000));
        for text in [
            "",
            "data-volumes",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "\\\\evil",
            "https://evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/\n/evil.example",
            "/a\r\nSet-Cookie: a=b",
            "\u{0}/",
            " //evil.example",
            " /",
            "/a b",
            "/\u{7f}",
            "/größe",
            "/\u{2028}",
            "/a\\..\\evil.example",
            "@evil.example",
            ".evil.example",
            "/auth/sign-in/company",
            "/sign-in",
            "/sign-in?problem=state",
            &long,
        ] {
            assert_eq!(safe_path(Some(text)), "/", "{text:?}");
        }
        assert_eq!(safe_path(None), "/");
    }
}
