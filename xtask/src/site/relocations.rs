//! The linker's notes on where code names other code. The pages are split by them; a program that stays whole is
//! smaller without them.

use anyhow::{Context, Result, ensure};

const HEADER: &[u8] = b"\0asm\x01\0\0\0";
const CUSTOM_SECTION: u8 = 0;

/// A WASM file without the linker's notes.
pub(crate) fn without_relocations(wasm: &[u8]) -> Result<Vec<u8>> {
    ensure!(wasm.starts_with(HEADER), "this is no WASM file");
    let mut kept = HEADER.to_vec();
    let mut rest = &wasm[HEADER.len()..];
    while let Some(&kind) = rest.first() {
        let (size, content) = number(&rest[1..])?;
        let length = rest.len() - content.len() + size;
        let section = rest.get(..length).context("a section is cut off")?;
        let is_note = kind == CUSTOM_SECTION && {
            let (length, name) = number(content)?;
            let name = name.get(..length).context("a section's name is cut off")?;
            name == b"linking" || name.starts_with(b"reloc.")
        };
        if !is_note {
            kept.extend(section);
        }
        rest = &rest[length..];
    }
    Ok(kept)
}

/// A number in LEB128, and what follows it.
fn number(bytes: &[u8]) -> Result<(usize, &[u8])> {
    let mut number = 0;
    for (place, byte) in bytes.iter().enumerate().take(5) {
        number |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Ok((number, &bytes[place + 1..]));
        }
    }
    anyhow::bail!("a number is cut off")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_linkers_notes_go() {
        let section = |kind: u8, content: &[u8]| {
            let size = u8::try_from(content.len()).unwrap();
            [&[kind, size], content].concat()
        };
        let custom = |name: &str| {
            let length = u8::try_from(name.len()).unwrap();
            section(
                CUSTOM_SECTION,
                &[&[length], name.as_bytes(), b"rest"].concat(),
            )
        };
        let code = section(10, b"code");
        let (notes, names) = (
            [custom("linking"), custom("reloc.CODE")].concat(),
            custom("name"),
        );
        let wasm = [HEADER, &code, &notes, &names].concat();
        let kept = [HEADER, &code, &names].concat();
        assert_eq!(without_relocations(&wasm).unwrap(), kept);
        assert!(without_relocations(&wasm[..wasm.len() - 1]).is_err());
    }
}
