//! Text in other encodings than UTF-8, both ways.
//!
//! Reading gives UTF-8; what is no text in the encoding becomes a byte that is none in UTF-8, so that it is told where it
//! stands, with its line and column. Writing refuses characters that the encoding does not have.

use std::io::{self, BufRead, Read};

use encoding_rs::{Decoder, DecoderResult, UTF_16BE, UTF_16LE, WINDOWS_1252, mem};
use mig_plan::Encoding;

/// A byte that is never part of UTF-8.
const NO_TEXT: u8 = 0xff;
/// Bytes of the text that are made at once.
const MADE: usize = 64 << 10;

/// How bytes become characters.
enum Decoding {
    /// By encoding_rs.
    Decoder(Box<Decoder>),
    /// Each byte is the character of its number, which no decoder of the web's does.
    Latin1,
}

/// The text of bytes in an encoding; those of UTF-8 as they are. A byte order mark is passed over.
pub(super) fn decode(from: impl BufRead + Send + 'static, encoding: Encoding) -> Box<dyn Read + Send> {
    let decoding = match encoding {
        Encoding::Utf8 => return Box::new(from),
        Encoding::Utf16Le => Decoding::Decoder(Box::new(UTF_16LE.new_decoder_with_bom_removal())),
        Encoding::Utf16Be => Decoding::Decoder(Box::new(UTF_16BE.new_decoder_with_bom_removal())),
        Encoding::Windows1252 => Decoding::Decoder(Box::new(WINDOWS_1252.new_decoder_without_bom_handling())),
        Encoding::Latin1 => Decoding::Latin1,
    };
    Box::new(Decoded { from, decoding, made: Vec::new(), at: 0, ended: false })
}

/// The text of a file as UTF-8.
struct Decoded<R> {
    from: R,
    decoding: Decoding,
    made: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R: BufRead> Decoded<R> {
    /// Makes more of the text, until there is some or the end.
    fn make(&mut self) -> io::Result<()> {
        self.made.clear();
        self.at = 0;
        while self.made.is_empty() && !self.ended {
            let bytes = self.from.fill_buf()?;
            let last = bytes.is_empty();
            self.made.resize(MADE, 0);
            let (read, mut written) = match &mut self.decoding {
                Decoding::Latin1 => mem::convert_latin1_to_utf8_partial(bytes, &mut self.made),
                Decoding::Decoder(decoder) => {
                    let room = MADE - 1;
                    let (result, read, mut written) =
                        decoder.decode_to_utf8_without_replacement(bytes, &mut self.made[..room], last);
                    match result {
                        DecoderResult::Malformed(..) => {
                            self.made[written] = NO_TEXT;
                            written += 1;
                        }
                        DecoderResult::InputEmpty => self.ended = last,
                        DecoderResult::OutputFull => {}
                    }
                    (read, written)
                }
            };
            if matches!(self.decoding, Decoding::Latin1) {
                self.ended = last;
                written = written.min(MADE);
            }
            self.made.truncate(written);
            self.from.consume(read);
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Decoded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at == self.made.len() {
            self.make()?;
        }
        let read = into.len().min(self.made.len() - self.at);
        into[..read].copy_from_slice(&self.made[self.at..self.at + read]);
        self.at += read;
        Ok(read)
    }
}

/// Refuses a text with a character that the encoding does not have.
///
/// # Errors
/// The character, as half a sentence.
pub(super) fn keeps(text: &str, encoding: Encoding) -> Result<(), String> {
    let missing = match encoding {
        Encoding::Utf8 | Encoding::Utf16Le | Encoding::Utf16Be => None,
        Encoding::Latin1 => text.chars().find(|letter| u32::from(*letter) > 0xff),
        Encoding::Windows1252 => match WINDOWS_1252.encode(text) {
            (_, _, false) => None,
            (_, _, true) => {
                text.chars().find(|letter| WINDOWS_1252.encode(letter.encode_utf8(&mut [0; 4])).2)
            }
        },
    };
    match missing {
        None => Ok(()),
        Some(letter) => {
            let number = u32::from(letter);
            Err(format!("{} has no character {letter:?} (U+{number:04X})", encoding.title()))
        }
    }
}

/// Writes a text that the encoding keeps.
pub(super) fn put(text: &str, encoding: Encoding, out: &mut Vec<u8>) {
    match encoding {
        Encoding::Utf8 => out.extend_from_slice(text.as_bytes()),
        Encoding::Utf16Le => out.extend(text.encode_utf16().flat_map(u16::to_le_bytes)),
        Encoding::Utf16Be => out.extend(text.encode_utf16().flat_map(u16::to_be_bytes)),
        // Kept, so that every character is a byte.
        Encoding::Latin1 => out.extend(text.chars().map(|letter| u8::try_from(letter).unwrap_or(b'?'))),
        Encoding::Windows1252 => out.extend_from_slice(&WINDOWS_1252.encode(text).0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], encoding: Encoding) -> Vec<u8> {
        let mut text = Vec::new();
        // A byte at a time, so that characters are torn apart.
        let torn = io::BufReader::with_capacity(1, io::Cursor::new(bytes.to_vec()));
        decode(torn, encoding).read_to_end(&mut text).unwrap();
        text
    }

    #[test]
    fn every_text_that_an_encoding_keeps_comes_back() {
        let long = "äé€\n".repeat(50_000);
        for (_, encoding) in Encoding::ALL {
            for text in ["", "a", "é,\"\r\n", "€", "\u{81}", "ÿ\u{ff}", "😀\u{10ffff}\0", &long] {
                if keeps(text, encoding).is_err() {
                    continue;
                }
                let mut bytes = Vec::new();
                put(text, encoding, &mut bytes);
                assert!(decoded(&bytes, encoding) == text.as_bytes(), "{encoding:?}");
            }
        }
    }

    #[test]
    fn a_character_that_is_not_there_is_named() {
        assert_eq!(keeps("a€", Encoding::Latin1).unwrap_err(), "Latin-1 has no character '€' (U+20AC)");
        assert_eq!(keeps("a€", Encoding::Windows1252), Ok(()));
        assert!(keeps("a😀b", Encoding::Windows1252).unwrap_err().contains("U+1F600"));
        assert_eq!(keeps("a😀b", Encoding::Utf16Le), Ok(()));
    }

    #[test]
    fn what_is_no_text_becomes_a_byte_that_is_none_either() {
        assert_eq!(decoded(b"\xff\xfea\0\x00\xd8b\0", Encoding::Utf16Le), b"a\xffb");
        assert_eq!(decoded(b"a\0b", Encoding::Utf16Le), b"a\xff");
        assert_eq!(decoded(b"\xfe\xff\0a", Encoding::Utf16Be), b"a");
    }
}
