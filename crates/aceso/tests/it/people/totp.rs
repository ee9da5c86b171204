//! An authenticator app, written without the program's own code (RFC 6238, RFC 2104, FIPS 180-4).

use std::cell::Cell;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::browser::Page;

/// An authenticator app with one secret.
pub(super) struct App {
    secret: Vec<u8>,
    /// The last step whose code was given.
    last: Cell<u64>,
}

impl App {
    /// Reads the key off the page that shows it.
    #[track_caller]
    pub(super) fn shown(page: &Page) -> Self {
        let (_, rest) = page.body.split_once("class=\"mono\">").expect("the key");
        let typed = rest.split('<').next().unwrap();
        Self {
            secret: base32(typed),
            last: Cell::new(0),
        }
    }

    /// The code of the present step moved by this many.
    pub(super) fn code_after(&self, steps: i64) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let step = (now.as_secs() / 30).saturating_add_signed(steps);
        self.last.set(step);
        self.code(step)
    }

    /// A code that was not given before: of the present step, or, as a clock may be off, of the next. When that was
    /// given, too, it waits for time to pass.
    pub(super) fn fresh_code(&self) -> String {
        loop {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            let present = now.as_secs() / 30;
            let next = self.last.get() + 1;
            if next <= present + 1 {
                self.last.set(next.max(present));
                return self.code(next.max(present));
            }
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
    }

    fn code(&self, step: u64) -> String {
        let tag = hmac(&self.secret, &step.to_be_bytes());
        let at = usize::from(tag[19] & 15);
        let four: [u8; 4] = tag[at..at + 4].try_into().unwrap();
        let number = u32::from_be_bytes(four) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }
}

fn base32(text: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bits, mut count, mut out) = (0_u32, 0, Vec::new());
    for byte in text.bytes().filter(|b| !b.is_ascii_whitespace()) {
        let value = LETTERS.iter().position(|l| *l == byte).unwrap();
        bits = bits << 5 | u32::try_from(value).unwrap();
        count += 5;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from(bits >> count & 255).unwrap());
        }
    }
    out
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 20] {
    let pad = |with: u8| {
        let mut block = [with; 64];
        for (b, k) in block.iter_mut().zip(key) {
            *b ^= k;
        }
        block.to_vec()
    };
    let inner = sha1(&[pad(0x36), message.to_vec()].concat());
    sha1(&[pad(0x5c), inner.to_vec()].concat())
}

fn sha1(message: &[u8]) -> [u8; 20] {
    let mut text = message.to_vec();
    text.push(0x80);
    while text.len() % 64 != 56 {
        text.push(0);
    }
    text.extend((u64::try_from(message.len()).unwrap() * 8).to_be_bytes());
    let mut state: [u32; 5] = [
        0x6745_2301,
        0xefcd_ab89,
        0x98ba_dcfe,
        0x1032_5476,
        0xc3d2_e1f0,
    ];
    for block in text.chunks(64) {
        let mut w: Vec<u32> = block
            .chunks(4)
            .map(|four| u32::from_be_bytes(four.try_into().unwrap()))
            .collect();
        for i in 16..80 {
            w.push((w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16]).rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (i, word) in w.iter().enumerate() {
            let (f, k) = match i / 20 {
                0 => (b & c | !b & d, 0x5a82_7999),
                1 => (b ^ c ^ d, 0x6ed9_eba1),
                2 => (b & c | b & d | c & d, 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6_u32),
            };
            let next = a.rotate_left(5).wrapping_add(f).wrapping_add(e);
            let next = next.wrapping_add(k).wrapping_add(*word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        for (s, v) in state.iter_mut().zip([a, b, c, d, e]) {
            *s = s.wrapping_add(v);
        }
    }
    let mut out = [0; 20];
    for (four, word) in out.chunks_mut(4).zip(state) {
        four.copy_from_slice(&word.to_be_bytes());
    }
    out
}

/// RFC 6238, appendix B (the last six digits).
#[test]
fn the_tests_own_app_agrees_with_the_rfc() {
    let app = App {
        secret: b"12345678901234567890".to_vec(),
        last: Cell::new(0),
    };
    assert_eq!(app.code(59 / 30), "287082");
    assert_eq!(app.code(1_111_111_109 / 30), "081804");
    assert_eq!(base32("GEZD GNBV"), b"12345");
}
