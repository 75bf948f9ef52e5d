//! Packed text files: what packs a file is told by the ending of its name.

use std::io::{self, BufReader, ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use mig_plan::{Compression, Packing};

use super::storage::Pending;

/// The endings of packed files' names, behind that of their format.
const ENDINGS: [(&str, Compression); 2] = [(".gz", Compression::Gzip), (".zst", Compression::Zstd)];
/// The largest window of zstd that is unpacked, as its logarithm: 128 MiB of memory, which is zstd's own limit.
const WINDOW: u32 = 27;

/// The ending of names of files that are packed so, behind that of their format.
pub(super) fn ending(compression: Compression) -> &'static str {
    ENDINGS.iter().find(|(_, one)| *one == compression).map_or("", |(ending, _)| ending)
}

/// What a file's name says that it is packed by, and the name without that.
pub(super) fn of_name(name: &str) -> (&str, Compression) {
    let found = ENDINGS.iter().find_map(|(ending, one)| Some((name.strip_suffix(ending)?, *one)));
    found.unwrap_or((name, Compression::None))
}

/// The bytes of a file, unpacked.
///
/// # Errors
/// When no reader can be made.
pub(super) fn unpack(
    from: Box<dyn Read + Send>,
    compression: Compression,
) -> io::Result<Box<dyn Read + Send>> {
    let failed = Arc::new(AtomicBool::new(false));
    let watched = Watched { from, failed: Arc::clone(&failed) };
    let unpacked: Box<dyn Read + Send> = match compression {
        Compression::Gzip => Box::new(MultiGzDecoder::new(BufReader::new(watched))),
        Compression::Zstd => {
            let mut decoder = zstd::Decoder::new(watched)?;
            decoder.window_log_max(WINDOW)?;
            Box::new(decoder)
        }
        Compression::None | Compression::Snappy | Compression::Lz4 => return Ok(Box::new(watched)),
    };
    Ok(Box::new(Unpacked { from: unpacked, failed, compression }))
}

/// Notes whether it was the file itself that could not be read.
struct Watched {
    from: Box<dyn Read + Send>,
    failed: Arc<AtomicBool>,
}

impl Read for Watched {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into);
        if read.as_ref().is_err_and(|error| error.kind() != ErrorKind::Interrupted) {
            self.failed.store(true, Ordering::Relaxed);
        }
        read
    }
}

/// Tells a file that is not what its name says from one that cannot be read.
struct Unpacked {
    from: Box<dyn Read + Send>,
    failed: Arc<AtomicBool>,
    compression: Compression,
}

impl Read for Unpacked {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.from.read(into).map_err(|error| {
            let its_own = matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::Interrupted);
            if its_own || self.failed.load(Ordering::Relaxed) {
                return error;
            }
            let said = format!("it cannot be unpacked as {}: {error}", self.compression.word());
            io::Error::new(ErrorKind::InvalidData, said)
        })
    }
}

/// A file that is being written, packed on the way.
pub(super) enum Packed {
    Plain(Box<dyn Pending>),
    Gzip(GzEncoder<Box<dyn Pending>>),
    Zstd(zstd::Encoder<'static, Box<dyn Pending>>),
}

impl Packed {
    /// Packs what is written to a file.
    ///
    /// # Errors
    /// When no writer can be made.
    pub(super) fn new(file: Box<dyn Pending>, packing: Packing) -> io::Result<Self> {
        Ok(match packing.compression {
            Compression::Gzip => {
                let level = packing.level.map_or_else(flate2::Compression::default, flate2::Compression::new);
                Self::Gzip(GzEncoder::new(file, level))
            }
            Compression::Zstd => {
                let level = packing.level.and_then(|level| i32::try_from(level).ok()).unwrap_or(3);
                let mut encoder = zstd::Encoder::new(file, level)?;
                encoder.include_checksum(true)?;
                Self::Zstd(encoder)
            }
            Compression::None | Compression::Snappy | Compression::Lz4 => Self::Plain(file),
        })
    }

    /// Writes bytes.
    ///
    /// # Errors
    /// When the storage is in the way.
    pub(super) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.write_all(bytes),
            Self::Gzip(file) => file.write_all(bytes),
            Self::Zstd(file) => file.write_all(bytes),
        }
    }

    /// Ends it and gives the file back.
    ///
    /// # Errors
    /// When the storage is in the way.
    pub(super) fn finish(self) -> io::Result<Box<dyn Pending>> {
        match self {
            Self::Plain(file) => Ok(file),
            Self::Gzip(file) => file.finish(),
            Self::Zstd(file) => file.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked(bytes: &[u8], compression: Compression) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        unpack(Box::new(io::Cursor::new(bytes.to_vec())), compression)?.read_to_end(&mut out).map(|_| out)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn names_say_what_packs_a_file() {
        assert_eq!(of_name("a.csv"), ("a.csv", Compression::None));
        assert_eq!(of_name("a.csv.gz"), ("a.csv", Compression::Gzip));
        assert_eq!(of_name(&format!("a.csv{}", ending(Compression::Zstd))), ("a.csv", Compression::Zstd));
    }

    #[test]
    fn files_of_several_pieces_are_read_to_the_end() {
        let pieces = [gzip(b"one\n"), gzip(b"two\n")].concat();
        assert_eq!(unpacked(&pieces, Compression::Gzip).unwrap(), b"one\ntwo\n");
        let pieces = [zstd::encode_all(&b"one\n"[..], 1), zstd::encode_all(&b"two\n"[..], 19)];
        let pieces = pieces.map(Result::unwrap).concat();
        assert_eq!(unpacked(&pieces, Compression::Zstd).unwrap(), b"one\ntwo\n");
    }

    #[test]
    fn what_is_cut_off_or_something_else_is_told_apart() {
        let whole = gzip(&b"abc\n".repeat(1_000));
        let kind = |bytes: &[u8], compression| unpacked(bytes, compression).unwrap_err().kind();
        assert_eq!(kind(&whole[..whole.len() - 9], Compression::Gzip), ErrorKind::UnexpectedEof);
        assert_eq!(kind(b"n,s\n1,2\nand so on", Compression::Gzip), ErrorKind::InvalidData);
        assert_eq!(kind(b"n,s\n1,2\nand so on", Compression::Zstd), ErrorKind::InvalidData);
        let whole = zstd::encode_all(&b"abc\n".repeat(1_000)[..], 3).unwrap();
        assert_eq!(kind(&whole[..whole.len() - 1], Compression::Zstd), ErrorKind::UnexpectedEof);
    }
}
