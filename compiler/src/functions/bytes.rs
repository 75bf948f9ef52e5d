//! Functions of bytes: how they are written, what stands for them, and identifiers made of them.

use mig_plan::{Function, Type};

use super::{Accepts, FunctionInfo, Gives, TEXT, TEXT_OR_BYTES, example, parameter, plain};

/// The functions, in the order of the reference.
pub(super) static FUNCTIONS: &[FunctionInfo] = &[
    plain(
        Function::Hex,
        "hex",
        TEXT_OR_BYTES,
        Gives::Always(Type::Text),
        "The lower-case hexadecimal digits of bytes, or of a text's UTF-8.",
        &[example("hex(\"añ\")", "\"61c3b1\"")],
    ),
    plain(
        Function::FromHex,
        "from_hex",
        TEXT,
        Gives::Always(Type::Bytes),
        "The bytes that hexadecimal digits stand for.",
        &[example("from_hex(\"61C3b1\")", "61c3b1")],
    ),
    plain(
        Function::Base64,
        "base64",
        TEXT_OR_BYTES,
        Gives::Always(Type::Text),
        "Bytes, or a text's UTF-8, in Base64 (RFC 4648) with padding.",
        &[example("base64(\"mig!\")", "\"bWlnIQ==\"")],
    ),
    plain(
        Function::FromBase64,
        "from_base64",
        TEXT,
        Gives::Always(Type::Bytes),
        "The bytes that a text in Base64 (RFC 4648) with padding stands for.",
        &[example("from_base64(\"bWlnIQ==\")", "6d696721")],
    ),
    plain(
        Function::Sha256,
        "sha256",
        TEXT_OR_BYTES,
        Gives::Always(Type::Text),
        "The SHA-256 of a text's UTF-8 or of bytes, as 64 lower-case hexadecimal digits.",
        &[example("sha256(\"abc\")", "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"")],
    ),
    plain(
        Function::Md5,
        "md5",
        TEXT_OR_BYTES,
        Gives::Always(Type::Text),
        "The MD5 of a text's UTF-8 or of bytes, as 32 lower-case hexadecimal digits. It proves nothing against an attacker.",
        &[example("md5(\"abc\")", "\"900150983cd24fb0d6963f7d28e17f72\"")],
    ),
    plain(
        Function::Crc32,
        "crc32",
        TEXT_OR_BYTES,
        Gives::Always(Type::Int64),
        "The CRC-32 (IEEE 802.3) of a text's UTF-8 or of bytes.",
        &[example("crc32(\"123456789\")", "3421780262")],
    ),
    plain(
        Function::UuidV5,
        "uuid_v5",
        &[parameter("namespace", Accepts::OneOf(&[Type::Uuid])), parameter("name", Accepts::Text)],
        Gives::Always(Type::Uuid),
        "The UUID (version 5, RFC 9562) of a name in a namespace: the same for the same name, always.",
        &[example(
            "uuid_v5(\"6ba7b810-9dad-11d1-80b4-00c04fd430c8\", \"www.example.com\")",
            "2ed6657d-e927-568b-95e1-2665a8aea6a2",
        )],
    ),
];
