//! Keys: Ed25519, in PEM files as other tools read and write them (RFC 8410).
//!
//! A private key is PKCS #8, a public one a SubjectPublicKeyInfo; both have one fixed form for Ed25519, so
//! they are compared with it instead of being parsed.

use super::tree::{Hash, sha256};
use ring::hmac;
use ring::rand::SecureRandom as _;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

/// `OneAsymmetricKey` of version 0 up to the 32 bytes of the key (RFC 8410, section 7).
const PRIVATE_PREFIX: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];
/// `SubjectPublicKeyInfo` up to the 32 bytes of the key (RFC 8410, section 4).
const PUBLIC_PREFIX: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];
const PRIVATE_LABEL: &str = "PRIVATE KEY";
const PUBLIC_LABEL: &str = "PUBLIC KEY";
/// What the key for salts is derived with.
const SALT_PURPOSE: &[u8] = b"liveproof evidence salts 1";

/// A key that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No PEM text.
    #[error("the key is no PEM text: {0}")]
    NotPem(String),
    /// Another block than expected.
    #[error("found a PEM block {found:?}, expected {expected:?}")]
    Label {
        /// Its label.
        found: String,
        /// The label expected.
        expected: &'static str,
    },
    /// Not an Ed25519 key in the one form that it has.
    #[error("the {0} is no Ed25519 key (as `openssl genpkey -algorithm ed25519` makes them)")]
    NotEd25519(&'static str),
    /// A file of public keys without any.
    #[error("there is no public key in the file, expected one block {PUBLIC_LABEL:?} or more")]
    None,
    /// The system gave no random numbers.
    #[error("the system's random source gave nothing")]
    Random,
}

/// What logs are signed with.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
    salts: hmac::Key,
}

/// Shows the id alone.
impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.public.id())
    }
}

/// What a signature is checked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

/// A key that was just made, as the text of two files.
pub struct FreshKey {
    /// The private key; for its owner alone.
    pub private_pem: String,
    /// The public key; for everybody who is to check logs.
    pub public_pem: String,
    /// Names the key.
    pub id: String,
}

impl std::fmt::Debug for FreshKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FreshKey({})", self.id)
    }
}

// === impl SigningKey ===

impl SigningKey {
    /// From the text of a PEM file with a private key.
    ///
    /// # Errors
    /// [`KeyError`]; nothing of the key is quoted.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let block = pem::parse(text).map_err(|_| KeyError::NotPem("no block in it".into()))?;
        if block.tag() != PRIVATE_LABEL {
            return Err(KeyError::Label {
                found: block.tag().chars().take(40).collect(),
                expected: PRIVATE_LABEL,
            });
        }
        let seed = strip(block.contents(), &PRIVATE_PREFIX);
        Self::from_seed(&seed.ok_or(KeyError::NotEd25519("private key"))?)
    }

    /// From its 32 bytes.
    ///
    /// # Errors
    /// [`KeyError::NotEd25519`], which no 32 bytes cause.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed)
            .map_err(|_| KeyError::NotEd25519("private key"))?;
        let public = <[u8; 32]>::try_from(pair.public_key().as_ref())
            .map_err(|_| KeyError::NotEd25519("public key"))?;
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, seed), SALT_PURPOSE);
        Ok(Self {
            pair,
            public: PublicKey(public),
            salts: hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()),
        })
    }

    /// The public part.
    pub fn public(&self) -> PublicKey {
        self.public
    }

    /// The signature of a message.
    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        let mut out = [0; 64];
        let signature = self.pair.sign(message);
        // A signature of Ed25519 has 64 bytes.
        out.iter_mut()
            .zip(signature.as_ref())
            .for_each(|(o, s)| *o = *s);
        out
    }

    /// A number that nobody without the key can foresee, the same for the same parts.
    pub(super) fn derive(&self, parts: &[&[u8]]) -> Hash {
        let mut context = hmac::Context::with_key(&self.salts);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let mut out = [0; 32];
        out.copy_from_slice(context.sign().as_ref());
        out
    }
}

// === impl PublicKey ===

impl PublicKey {
    /// From 64 lower-case hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let bytes = hex::decode(text).ok()?;
        let key = Self(bytes.try_into().ok()?);
        (key.to_hex() == text).then_some(key)
    }

    /// As hexadecimal digits.
    pub fn to_hex(self) -> String {
        hex::encode(self.0)
    }

    /// Names the key: the first 8 bytes of its SHA-256 in hex.
    pub fn id(&self) -> String {
        hex::encode(&sha256(&[&self.0])[..8])
    }

    /// As the text of a PEM file.
    pub fn to_pem(self) -> String {
        to_pem(PUBLIC_LABEL, &PUBLIC_PREFIX, &self.0)
    }

    /// Whether the message was signed with this key.
    pub(super) fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0)
            .verify(message, signature)
            .is_ok()
    }
}

/// The public keys of a PEM file: after a key was changed, the old ones and the new one.
///
/// # Errors
/// [`KeyError`] for a block that is no Ed25519 public key, or where there is none.
pub fn read_public_keys(text: &str) -> Result<Vec<PublicKey>, KeyError> {
    let blocks = pem::parse_many(text).map_err(|e| KeyError::NotPem(e.to_string()))?;
    if blocks.is_empty() {
        return Err(KeyError::None);
    }
    let key = |block: &pem::Pem| {
        if block.tag() != PUBLIC_LABEL {
            return Err(KeyError::Label {
                found: block.tag().chars().take(40).collect(),
                expected: PUBLIC_LABEL,
            });
        }
        let bytes = strip(block.contents(), &PUBLIC_PREFIX);
        bytes
            .map(PublicKey)
            .ok_or(KeyError::NotEd25519("public key"))
    };
    blocks.iter().map(key).collect()
}

/// A key from the system's random numbers.
///
/// # Errors
/// [`KeyError::Random`].
pub fn fresh_key_pem() -> Result<FreshKey, KeyError> {
    let mut seed = [0; 32];
    ring::rand::SystemRandom::new()
        .fill(&mut seed)
        .map_err(|_| KeyError::Random)?;
    let key = SigningKey::from_seed(&seed)?;
    Ok(FreshKey {
        private_pem: to_pem(PRIVATE_LABEL, &PRIVATE_PREFIX, &seed),
        public_pem: key.public().to_pem(),
        id: key.public().id(),
    })
}

fn to_pem(label: &str, prefix: &[u8], key: &[u8; 32]) -> String {
    let block = pem::Pem::new(label, [prefix, key].concat());
    let line_feeds = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&block, line_feeds)
}

/// The 32 bytes after a prefix, if there is nothing else.
fn strip(bytes: &[u8], prefix: &[u8]) -> Option<[u8; 32]> {
    bytes.strip_prefix(prefix)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, section 7.1, test 2.
    #[test]
    fn signatures_are_those_of_rfc_8032() {
        let seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
        let seed: [u8; 32] = hex::decode(seed).unwrap().try_into().unwrap();
        let key = SigningKey::from_seed(&seed).unwrap();
        assert_eq!(
            key.public().to_hex(),
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
        );
        assert_eq!(
            hex::encode(key.sign(&[0x72])),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        );
        assert!(key.public().has_signed(&[0x72], &key.sign(&[0x72])));
        assert!(!key.public().has_signed(&[0x73], &key.sign(&[0x72])));
    }

    /// The examples of RFC 8410, section 10.
    #[test]
    fn keys_are_read_as_other_tools_write_them() {
        let private = "-----BEGIN PRIVATE KEY-----\n\
            MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
            -----END PRIVATE KEY-----\n";
        let public = "-----BEGIN PUBLIC KEY-----\n\
            MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
            -----END PUBLIC KEY-----\n";
        let key = SigningKey::from_pem(private).unwrap();
        assert_eq!(read_public_keys(public).unwrap(), [key.public()]);
        assert_eq!(key.public().to_pem(), public);
        let both = format!("{public}{}", fresh_key_pem().unwrap().public_pem);
        assert_eq!(read_public_keys(&both).unwrap().len(), 2);
        assert!(matches!(
            SigningKey::from_pem(public),
            Err(KeyError::Label { .. })
        ));
        assert!(matches!(
            read_public_keys(private),
            Err(KeyError::Label { .. })
        ));
        assert_eq!(read_public_keys(""), Err(KeyError::None));
        assert!(matches!(
            SigningKey::from_pem("nothing"),
            Err(KeyError::NotPem(_))
        ));
        let rsa = private.replace("MC4CAQAw", "MC4CAQEw");
        assert!(matches!(
            SigningKey::from_pem(&rsa),
            Err(KeyError::NotEd25519(_))
        ));
        assert!(!format!("{key:?}").contains("1ENe"));
    }

    #[test]
    fn a_fresh_key_reads_back() {
        let (a, b) = (fresh_key_pem().unwrap(), fresh_key_pem().unwrap());
        let key = SigningKey::from_pem(&a.private_pem).unwrap();
        assert_eq!(read_public_keys(&a.public_pem).unwrap(), [key.public()]);
        assert_eq!(key.public().id(), a.id);
        assert_ne!(a.id, b.id);
        assert_eq!(
            PublicKey::from_hex(&key.public().to_hex()),
            Some(key.public())
        );
        assert_eq!(
            PublicKey::from_hex(&key.public().to_hex().to_uppercase()),
            None
        );
    }
}
