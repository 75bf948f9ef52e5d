//! The text that a fuzzer's bytes mean: themselves, or how a sound text is damaged.

use crate::damage::damage;

/// A first byte below 8 begins decisions about damage; any other is a text's own.
pub(crate) fn of(data: &[u8], sound: &[&str]) -> String {
    let Some((&times @ 0..8, decisions)) = data.split_first() else {
        return String::from_utf8_lossy(data).into_owned();
    };
    let mut text = sound.get(usize::from(times) % sound.len()).copied().unwrap_or_default().to_owned();
    let mut decisions = decisions.chunks(2);
    for _ in 0..=times {
        damage(&mut text, || {
            let two = decisions.next().unwrap_or_default();
            two.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
        });
    }
    text
}
