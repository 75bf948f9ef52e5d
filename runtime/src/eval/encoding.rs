//! Kernels of functions on bytes, or on a text's UTF-8: how they are written, and what stands for them.

use std::sync::Arc;

use arrow::array::{AsArray, BinaryBuilder, FixedSizeBinaryBuilder};
use arrow::datatypes::Int64Type;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use mig_plan::Type;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::fault::{Fault, Trouble};
use super::kernel::{Kernel, Operand, fill, fill_text, validity};
use super::write;

/// The bytes of a row's bytes or text.
fn bytes(args: &[Operand], row: usize) -> &[u8] {
    args.first().map_or(&[], |operand| match operand.array.as_binary_opt::<i32>() {
        Some(bytes) => bytes.value(operand.at(row)),
        None => operand.array.as_string::<i32>().value(operand.at(row)).as_bytes(),
    })
}

fn takes_bytes(name: &str, args: &[Type]) -> Result<(), String> {
    if matches!(args, [Type::Text | Type::Bytes]) {
        Ok(())
    } else {
        Err(format!("`{name}` takes a text or bytes"))
    }
}

/// A function of a text or bytes that gives a text.
fn to_text(name: &str, args: &[Type], put: fn(&[u8], &mut String)) -> Result<Kernel, String> {
    takes_bytes(name, args)?;
    Ok(Box::new(move |args, rows| {
        let write = |row, out: &mut String| {
            put(bytes(args, row), out);
            Ok(())
        };
        Ok(Arc::new(fill_text(rows, validity(args, rows), write)?))
    }))
}

// Writing into a String cannot fail.
fn put_hex(bytes: &[u8], out: &mut String) {
    let _ = write::hex(bytes, out);
}

/// `hex(b)`
pub(super) fn hex(args: &[Type]) -> Result<Kernel, String> {
    to_text("hex", args, put_hex)
}

/// `base64(b)`
pub(super) fn base64(args: &[Type]) -> Result<Kernel, String> {
    to_text("base64", args, |bytes, out| STANDARD.encode_string(bytes, out))
}

/// `sha256(b)`
pub(super) fn sha256(args: &[Type]) -> Result<Kernel, String> {
    to_text("sha256", args, |bytes, out| put_hex(&Sha256::digest(bytes), out))
}

/// `md5(b)`
pub(super) fn md5(args: &[Type]) -> Result<Kernel, String> {
    to_text("md5", args, |bytes, out| put_hex(&Md5::digest(bytes), out))
}

/// `crc32(b)`
pub(super) fn crc32(args: &[Type]) -> Result<Kernel, String> {
    takes_bytes("crc32", args)?;
    Ok(Box::new(|args, rows| {
        let sum = |row| Ok(i64::from(checksum(bytes(args, row))));
        Ok(Arc::new(fill::<Int64Type>(rows, validity(args, rows), sum)?))
    }))
}

/// The remainder of each byte: the reversed polynomial of IEEE 802.3.
const REMAINDERS: [u32; 256] = {
    let mut table = [0_u32; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut remainder = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            remainder = if remainder & 1 == 1 { (remainder >> 1) ^ 0xedb8_8320 } else { remainder >> 1 };
            bit += 1;
        }
        table[byte] = remainder;
        byte += 1;
    }
    table
};

fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| (sum >> 8) ^ REMAINDERS[usize::from((sum as u8) ^ byte)])
}

/// A function of one text that gives bytes; `None` is a text that stands for none.
fn from_text(
    name: &str,
    args: &[Type],
    message: &'static str,
    read: fn(&str) -> Option<Vec<u8>>,
) -> Result<Kernel, String> {
    if args != [Type::Text] {
        return Err(format!("`{name}` takes a text"));
    }
    Ok(Box::new(move |args, rows| {
        let valid = validity(args, rows);
        let [arg] = args else { return Err(missing()) };
        let texts = arg.array.as_string::<i32>();
        let mut values = BinaryBuilder::new();
        for row in 0..rows {
            if valid.as_ref().is_some_and(|valid| valid.is_null(row)) {
                values.append_null();
                continue;
            }
            let value = read(texts.value(arg.at(row)));
            values.append_value(value.ok_or_else(|| Trouble::with(arg.shown(row), message).at(row))?);
        }
        Ok(Arc::new(values.finish()))
    }))
}

fn missing() -> Fault {
    Trouble::plain("a function without its arguments").at(0)
}

/// `from_hex(t)`
pub(super) fn from_hex(args: &[Type]) -> Result<Kernel, String> {
    from_text("from_hex", args, "it is not pairs of hexadecimal digits", |text| {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let pair = |pair: &[u8]| match pair {
            [high, low] => u8::try_from(digit(*high)? * 16 + digit(*low)?).ok(),
            _ => None,
        };
        text.as_bytes().chunks(2).map(pair).collect()
    })
}

/// `from_base64(t)`
pub(super) fn from_base64(args: &[Type]) -> Result<Kernel, String> {
    from_text("from_base64", args, "it is not Base64 with padding", |text| STANDARD.decode(text).ok())
}

/// `uuid_v5(namespace, name)`
pub(super) fn uuid_v5(args: &[Type]) -> Result<Kernel, String> {
    if args != [Type::Uuid, Type::Text] {
        return Err("`uuid_v5` takes a uuid and a text".to_owned());
    }
    Ok(Box::new(|args, rows| {
        let valid = validity(args, rows);
        let [space, name] = args else { return Err(missing()) };
        let (spaces, names) = (space.array.as_fixed_size_binary(), name.array.as_string::<i32>());
        let mut uuids = FixedSizeBinaryBuilder::with_capacity(rows, 16);
        for row in 0..rows {
            if valid.as_ref().is_some_and(|valid| valid.is_null(row)) {
                uuids.append_null();
                continue;
            }
            let hash = Sha1::new()
                .chain_update(spaces.value(space.at(row)))
                .chain_update(names.value(name.at(row)))
                .finalize();
            let mut first = [0_u8; 16];
            first.copy_from_slice(&hash[..16]);
            uuids.append_value(uuid::Builder::from_sha1_bytes(first).into_uuid().into_bytes())?;
        }
        Ok(Arc::new(uuids.finish()))
    }))
}
