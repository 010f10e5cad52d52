//! Signatures as in Standard Webhooks: `v1,` and the base64 of HMAC-SHA256 over `<id>.<seconds>.<body>`.
//!
//! Invariant: what is signed is, byte for byte, what is sent.

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

/// The header `webhook-signature`: a signature for each secret, with a space between them. A secret that is none is left out.
pub fn signature(secrets: &[String], id: &str, seconds: i64, body: &str) -> String {
    let signed = format!("{id}.{seconds}.{body}");
    let keys = secrets.iter().filter_map(|secret| BASE64.decode(secret.strip_prefix("whsec_")?.as_bytes()).ok());
    keys.map(|key| format!("v1,{}", BASE64.encode(&hmac(&key, signed.as_bytes())))).collect::<Vec<_>>().join(" ")
}

/// HMAC-SHA256 (RFC 2104). Our own dozen lines: the crate for it would ask other features of `digest`, and with them compile a window anew.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0u8; 64];
    if key.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new().chain_update(block.map(|b| b ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|b| b ^ 0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn j4_the_hmac_is_that_of_rfc_4231() {
        for (key, message, expected) in [
            (vec![0x0b; 20], b"Hi There".to_vec(), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe".to_vec(),
                b"what do ya want for nothing?".to_vec(),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (vec![0xaa; 20], vec![0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            (
                vec![0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ] {
            assert_eq!(hex(&hmac(&key, &message)), expected);
        }
    }

    /// From the specification's own libraries.
    #[test]
    fn j4_the_signature_is_that_of_standard_webhooks() {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned();
        let body = r#"{"test": 2432232314}"#;
        let sign = |secrets: &[String], body: &str| signature(secrets, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(sign(std::slice::from_ref(&secret), body), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_ne!(sign(std::slice::from_ref(&secret), r#"{"test":2432232314}"#), sign(std::slice::from_ref(&secret), body), "other bytes");
        let both = sign(&[secret.clone(), "whsec_AAAA".into()], body);
        assert!(both.starts_with("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,"), "{both}");
        assert_eq!(sign(&["not a secret".into()], body), "", "no signature rather than a wrong one");
    }
}
