//! Pictures, told by their first bytes. A name proves nothing.

/// How many bytes are needed to tell.
pub(super) const NEEDED_BYTES: usize = 32;

/// The type of a picture that every browser shows, if this is certainly one. SVG is none: it is a program.
pub(super) fn kind(head: &[u8]) -> Option<&'static str> {
    if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some("image/png");
    }
    if head.starts_with(b"\xff\xd8\xff") {
        return Some("image/jpeg");
    }
    if head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a") {
        return Some("image/gif");
    }
    let brand = head.get(8..12)?;
    if head.starts_with(b"RIFF") && brand == b"WEBP" {
        return Some("image/webp");
    }
    if head.get(4..8)? == b"ftyp" && matches!(brand, b"avif" | b"avis") {
        return Some("image/avif");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_told_by_their_first_bytes() {
        let known: [(&[u8], &str); 5] = [
            (b"\x89PNG\r\n\x1a\n....", "image/png"),
            (b"\xff\xd8\xff\xe0", "image/jpeg"),
            (b"GIF89a", "image/gif"),
            (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
            (b"\0\0\0\x1cftypavif\0\0\0\0", "image/avif"),
        ];
        for (head, expected) in known {
            assert_eq!(kind(head), Some(expected));
        }
        for head in [
            &b"<svg xmlns="[..],
            b"<!doctype html>",
            b"",
            b"\x89PNG",
            b"RIFF\0\0\0\0WAVE",
            b"%PDF-1.7",
        ] {
            assert_eq!(kind(head), None, "{head:?}");
        }
    }
}
