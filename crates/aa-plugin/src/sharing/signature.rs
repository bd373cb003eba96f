//! Signatures in minisign's format, which its own program makes and checks too.
//!
//! A key is the one line of a `.pub` file, `RW...`; a signature stands in a file beside the signed one, `.minisig`.

use std::io::Cursor;

use minisign::{KeyPair, PublicKey, PublicKeyBox, SecretKeyBox, SignatureBox};

use crate::Error;

/// A fresh key: the text of the secret file, without a password, and the text of the public one.
///
/// # Errors
/// The system gives no random numbers.
pub fn new_key() -> Result<(String, String), Error> {
    let pair = KeyPair::generate_unencrypted_keypair().map_err(|error| unusable("a new key", &error))?;
    let secret = pair.sk.to_box(Some("aatool: secret key of a plugin index")).map(|sk| sk.into_string());
    let public = pair.pk.to_box().map(|pk| pk.into_string());
    Ok((secret.map_err(|e| unusable("a new key", &e))?, public.map_err(|e| unusable("a new key", &e))?))
}

/// Signs bytes with the text of a secret key; asks on the terminal for the password of one that has it.
///
/// # Errors
/// The text is no secret key, or the password is wrong.
pub fn sign(bytes: &[u8], secret: &str, comment: &str) -> Result<String, Error> {
    let wrong = |error| unusable("the secret key", &error);
    let boxed = || SecretKeyBox::from_string(secret).map_err(wrong);
    let key = match boxed()?.into_unencrypted_secret_key() {
        Ok(key) => key,
        Err(_) => boxed()?.into_secret_key(None).map_err(wrong)?,
    };
    let signed = minisign::sign(None, &key, Cursor::new(bytes), Some(comment), Some("aatool: a plugin index"));
    signed.map(SignatureBox::into_string).map_err(wrong)
}

/// The line of a public key, from that line or the whole text of a `.pub` file.
///
/// # Errors
/// The text is no public key.
pub fn public_key(text: &str) -> Result<String, Error> {
    let key = PublicKey::from_base64(text.trim()).or_else(|_| PublicKeyBox::from_string(text)?.into_public_key());
    key.map(|key| key.to_base64()).map_err(|_| Error::BadValue {
        key: "KEY".into(),
        text: text.trim().into(),
        reason: "expected a minisign key, RW... with 56 letters, or its .pub file".into(),
    })
}

/// The number of the key that made a signature, as minisign prints it.
///
/// # Errors
/// In words: the text is no signature.
pub fn signer(signature: &str) -> Result<String, String> {
    let signature = SignatureBox::from_string(signature).map_err(|error| format!("is no signature: {error}"))?;
    Ok(number(signature.keynum()))
}

/// Whether a key made the signature of these bytes.
///
/// # Errors
/// In words: it did not, or something is no key or signature.
pub fn verify(bytes: &[u8], signature: &str, key: &str) -> Result<(), String> {
    let key = PublicKey::from_base64(key).map_err(|error| format!("is checked with what is no key: {error}"))?;
    let signature = SignatureBox::from_string(signature).map_err(|error| format!("is no signature: {error}"))?;
    minisign::verify(&key, &signature, Cursor::new(bytes), true, false, false)
        .map_err(|error| format!("does not fit what it signs: {error}"))
}

fn number(bytes: &[u8]) -> String {
    bytes.iter().rev().map(|byte| format!("{byte:02X}")).collect()
}

fn unusable(what: &str, error: &minisign::PError) -> Error {
    Error::Unreadable { path: what.into(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_fit_their_bytes_and_their_key_alone() {
        let (secret, public) = new_key().unwrap();
        let key = public_key(&public).unwrap();
        assert_eq!(public_key(&key).unwrap(), key);
        let signature = sign(b"orbits", &secret, "number 1").unwrap();
        assert!(public.contains(&signer(&signature).unwrap()), "{public}");
        assert_eq!(verify(b"orbits", &signature, &key), Ok(()));
        assert!(verify(b"orbitz", &signature, &key).is_err());
        let comment_changed = signature.replace("number 1", "number 9");
        assert!(verify(b"orbits", &comment_changed, &key).is_err());
        let other = public_key(&new_key().unwrap().1).unwrap();
        assert!(verify(b"orbits", &signature, &other).unwrap_err().contains("different"));
    }

    #[test]
    fn what_is_no_key_or_signature_is_said() {
        assert_eq!(public_key("RW").unwrap_err().exit_code(), 2);
        assert!(sign(b"", "no key", "").is_err());
        assert!(signer("nothing").unwrap_err().contains("no signature"));
    }

    #[test]
    fn signatures_of_minisigns_own_program_are_read() {
        // The example of the minisign-verify documentation: the file holds `test`.
        let key = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
        let signature = "untrusted comment: signature from minisign secret key\n\
            RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=\n\
            trusted comment: timestamp:1633700835\tfile:test\tprehashed\n\
            wLMDjy9FLAuxZ3q4NlEvkgtyhrr0gtTu6KC4KBJdITbbOeAi1zBIYo0v4iTgt8jJpIidRJnp94ABQkJAgAooBQ==";
        assert_eq!(verify(b"test", signature, key), Ok(()));
    }
}
