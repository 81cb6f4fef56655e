//! A brotli and a gzip copy beside each file, made once so that they can be as small as they get.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Below this the header of an answer is longer than the file.
const SMALLEST_BYTES: usize = 512;

/// Compresses every file in a folder and the folders in it.
pub(crate) fn compress_folder(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            compress_folder(&path)?;
        } else {
            compress_file(&path)?;
        }
    }
    Ok(())
}

fn compress_file(path: &Path) -> Result<()> {
    let content = fs::read(path)?;
    if content.len() < SMALLEST_BYTES {
        return Ok(());
    }
    let settings = BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: content.len(),
        ..BrotliEncoderParams::default()
    };
    let mut file = BufWriter::new(File::create(with_suffix(path, ".br"))?);
    brotli::BrotliCompress(&mut content.as_slice(), &mut file, &settings)?;
    file.flush()?;

    let mut encoder = GzEncoder::new(File::create(with_suffix(path, ".gz"))?, Compression::best());
    io::copy(&mut content.as_slice(), &mut encoder)?;
    encoder.finish()?;
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}
