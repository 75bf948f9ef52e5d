use mig_plan::Function::*;

use super::table;

#[test]
fn sha256_is_that_of_the_bytes() {
    // FIPS 180-4's own example, and the empty message.
    table(
        Sha256,
        &["text"],
        "text",
        &[
            &["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
            &["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
            &["null", "null"],
        ],
    );
    table(
        Sha256,
        &["bytes"],
        "text",
        &[&["x'616263'", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"]],
    );
}

#[test]
fn checksums_are_those_of_the_standards() {
    // RFC 1321's own examples, and the check value of CRC-32.
    table(
        Md5,
        &["text"],
        "text",
        &[
            &["", "d41d8cd98f00b204e9800998ecf8427e"],
            &["abc", "900150983cd24fb0d6963f7d28e17f72"],
            &["null", "null"],
        ],
    );
    table(Crc32, &["text"], "int64", &[&["123456789", "3421780262"], &["", "0"], &["null", "null"]]);
    table(Crc32, &["bytes"], "int64", &[&["x'313233343536373839'", "3421780262"]]);
}

#[test]
fn bytes_are_written_and_read() {
    table(Hex, &["text"], "text", &[&["añ", "61c3b1"], &["", ""], &["null", "null"]]);
    table(Hex, &["bytes"], "text", &[&["x'00ff'", "00ff"]]);
    table(
        FromHex,
        &["text"],
        "bytes",
        &[
            &["00FFaB", "00ffab"],
            &["", ""],
            &["null", "null"],
            &["abc", "! abc: it is not pairs of hexadecimal digits"],
            &["+1", "! +1: it is not pairs of hexadecimal digits"],
        ],
    );
    // RFC 4648's own examples.
    table(
        Base64,
        &["text"],
        "text",
        &[&["foobar", "Zm9vYmFy"], &["fooba", "Zm9vYmE="], &["", ""], &["null", "null"]],
    );
    table(
        FromBase64,
        &["text"],
        "bytes",
        &[
            &["Zm9vYmE=", "666f6f6261"],
            &["null", "null"],
            &["Zm9vYmE", "! Zm9vYmE: it is not Base64 with padding"],
            &["Zm9v YmFy", "! Zm9v YmFy: it is not Base64 with padding"],
        ],
    );
}

#[test]
fn a_uuid_of_a_name_is_that_of_the_standard() {
    // RFC 9562, appendix A.4.
    table(
        UuidV5,
        &["uuid", "text"],
        "uuid",
        &[
            &[
                "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
                "www.example.com",
                "2ed6657d-e927-568b-95e1-2665a8aea6a2",
            ],
            &["null", "a", "null"],
        ],
    );
}
