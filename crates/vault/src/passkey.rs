//! Passkeys (WebAuthn, level 3): registration and sign-in, always with the person verified by the device. What stands
//! between the two halves of a ceremony is a text for the caller to keep, sealed or on the server, for five minutes.

use serde::Serialize;
use serde::de::DeserializeOwned;
use webauthn_rs::prelude as w;

/// Makes and checks passkeys for one address.
#[derive(Clone, Debug)]
pub struct Passkeys {
    site: w::Webauthn,
    devices: Option<Devices>,
}

/// Devices whose makers vouch for them: a key that such a device makes cannot leave it (NIST SP 800-63B-4, AAL3).
#[derive(Clone, Debug)]
pub struct Devices(w::AttestationCaList);

/// What is no list of devices.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DevicesError {
    /// A maker's certificate cannot be read.
    #[error("this is no certificate of an authority, in PEM")]
    Authority,
    /// A model is named otherwise.
    #[error(
        "{0} is no model: makers publish them as 2fc0579f-8113-47ea-b116-bb5a8db9202a (AAGUID)"
    )]
    Model(String),
    /// Certificates without models, or models without certificates.
    #[error("a list of devices has the makers' certificates and the models that are allowed")]
    Incomplete,
}

/// Which devices may make a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Makers {
    /// Any that verifies the person.
    Any,
    /// Those of the list alone, where there is one.
    Listed,
}

impl Devices {
    /// From makers' certificates (PEM, one each) and the models that are allowed, by their AAGUIDs.
    pub fn new(authorities: &[Vec<u8>], models: &[String]) -> Result<Self, DevicesError> {
        let mut list = w::AttestationCaListBuilder::new();
        for authority in authorities {
            for model in models {
                let id = w::Uuid::parse_str(model);
                let id = id.map_err(|_| DevicesError::Model(model.clone()))?;
                list.insert_device_pem(authority, id, model.clone(), Default::default())
                    .map_err(|_| DevicesError::Authority)?;
            }
        }
        let list = list.build();
        if list.is_empty() {
            return Err(DevicesError::Incomplete);
        }
        Ok(Self(list))
    }

    /// Whether one of them made this key, and its maker said so.
    fn made(&self, key: &Passkey) -> bool {
        // The two are written alike; this one tells what the maker said.
        let kept = key.to_text().and_then(|text| read(&text));
        let Ok(kept): Result<w::AttestedPasskey, _> = kept else {
            return false;
        };
        let model = match kept.attestation().metadata {
            w::AttestationMetadata::Packed { aaguid }
            | w::AttestationMetadata::Tpm { aaguid, .. } => aaguid,
            _ => return false,
        };
        let authority = kept.verify_attestation(&self.0);
        authority.is_ok_and(|authority| authority.aaguids().contains_key(&model))
    }
}

/// A registered passkey: holds a public key, nothing secret. Kept as text.
#[derive(Clone, Debug)]
pub struct Passkey(w::Passkey);

/// The first half of a ceremony.
#[derive(Clone, Debug)]
pub struct Ceremony {
    /// For the browser: the JSON that `PublicKeyCredential.parse…OptionsFromJSON` reads, under `publicKey`.
    pub options: String,
    /// To be kept, and handed back with the browser's answer. Never to be given to the browser in clear.
    pub state: String,
}

/// How a passkey is to be asked for where nobody has said who he is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// In the user name's field, among what the browser would fill in.
    InTheField,
    /// By a button.
    ByButton,
}

/// Why there can be no passkeys at an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasskeySetupError {
    /// Browsers bind passkeys to host names only.
    #[error(
        "passkeys need a host name, and {0} is an IP address: open the server as https://localhost:PORT, or give it a name with listen.public"
    )]
    IpAddress(String),
    /// Browsers refuse passkeys on plain HTTP elsewhere.
    #[error("passkeys need https (http is enough for localhost only), and the address is {0}")]
    Insecure(String),
    /// Not an address.
    #[error("{0} is not an address like https://clinic.example")]
    Form(String),
}

/// What the kept text of a registration with a listed device begins with.
const LISTED: &str = "listed ";

/// Why a ceremony failed.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// The kept text, or the browser's answer, cannot be read.
    #[error("the passkey's answer cannot be read")]
    Form,
    /// The answer is to another question, from another address or another key, or its counter went back.
    #[error("the passkey was refused: {0}")]
    Refused(String),
}

/// A person as a passkey knows them: 16 random bytes that are kept with the account (never its number or name).
pub type Handle = [u8; 16];

impl Passkeys {
    /// For an address as people type it: `https://clinic.example:8443`. `name` is what the browser shows.
    pub fn new(address: &str, name: &str) -> Result<Self, PasskeySetupError> {
        let form = || PasskeySetupError::Form(address.to_owned());
        let url = w::Url::parse(address).map_err(|_| form())?;
        let Some(host) = url.domain() else {
            return Err(match url.host_str() {
                Some(ip) => PasskeySetupError::IpAddress(ip.to_owned()),
                None => form(),
            });
        };
        if url.scheme() != "https" && !(url.scheme() == "http" && host == "localhost") {
            return Err(PasskeySetupError::Insecure(address.to_owned()));
        }
        let builder = w::WebauthnBuilder::new(host, &url).map_err(|_| form())?;
        let site = builder.rp_name(name).build().map_err(|_| form())?;
        Ok(Self {
            site,
            devices: None,
        })
    }

    /// The same, with a list of devices.
    pub fn with_devices(self, devices: Option<Devices>) -> Self {
        Self { devices, ..self }
    }

    /// Whether there is a list of devices.
    pub const fn has_devices(&self) -> bool {
        self.devices.is_some()
    }

    /// Whether these makers made the key.
    pub fn accepts(&self, key: &Passkey, makers: Makers) -> bool {
        match (&self.devices, makers) {
            (Some(devices), Makers::Listed) => devices.made(key),
            (Some(_), Makers::Any) | (None, Makers::Any | Makers::Listed) => true,
        }
    }

    /// Begins to register a passkey for a person; those they have are not offered again.
    pub fn begin_registration(
        &self,
        handle: Handle,
        (user, display): (&str, &str),
        have: &[Passkey],
        makers: Makers,
    ) -> Result<Ceremony, PasskeyError> {
        let have = have.iter().map(|p| p.0.cred_id().clone()).collect();
        let handle = w::Uuid::from_bytes(handle);
        let listed = self.devices.as_ref().filter(|_| makers == Makers::Listed);
        let (options, state) = match listed {
            None => {
                let begun = self
                    .site
                    .start_passkey_registration(handle, user, display, Some(have));
                let (options, state) = begun.map_err(refused)?;
                (options, text(&state)?)
            }
            Some(Devices(list)) => {
                let begun = self.site.start_attested_passkey_registration(
                    handle,
                    user,
                    display,
                    Some(have),
                    list.clone(),
                    None,
                );
                let (options, state) = begun.map_err(refused)?;
                (options, [LISTED, &text(&state)?].concat())
            }
        };
        let mut options = serde_json::to_value(options).map_err(|_| PasskeyError::Form)?;
        // A key that can be found without a user name, where the device has room for it.
        let selection = options.pointer_mut("/publicKey/authenticatorSelection");
        if let Some(wish) = selection.and_then(serde_json::Value::as_object_mut) {
            wish.insert("residentKey".to_owned(), "preferred".into());
        }
        Ok(Ceremony {
            options: options.to_string(),
            state,
        })
    }

    /// Ends a registration with the browser's answer. The caller refuses a key whose [`Passkey::id`] is registered.
    pub fn finish_registration(&self, state: &str, answer: &str) -> Result<Passkey, PasskeyError> {
        let answer = read(answer)?;
        let made = match state.strip_prefix(LISTED) {
            None => self
                .site
                .finish_passkey_registration(&answer, &read(state)?),
            Some(state) => self
                .site
                .finish_attested_passkey_registration(&answer, &read(state)?)
                .map(w::Passkey::from),
        };
        made.map(Passkey).map_err(refused)
    }

    /// Begins a sign-in of a known person with one of these keys.
    pub fn begin_sign_in(&self, have: &[Passkey]) -> Result<Ceremony, PasskeyError> {
        let have: Vec<w::Passkey> = have.iter().map(|p| p.0.clone()).collect();
        let (options, state) = self
            .site
            .start_passkey_authentication(&have)
            .map_err(refused)?;
        Ok(Ceremony {
            options: text(&options)?,
            state: text(&state)?,
        })
    }

    /// Ends it. The key is brought up to date (counter, backup): `true` when it must be stored again.
    pub fn finish_sign_in(
        &self,
        state: &str,
        answer: &str,
        key: &mut Passkey,
    ) -> Result<bool, PasskeyError> {
        let (state, answer) = (read(state)?, read(answer)?);
        let proof = self
            .site
            .finish_passkey_authentication(&answer, &state)
            .map_err(refused)?;
        key.take(&proof)
    }

    /// Begins a sign-in of whoever has a key for this address.
    pub fn begin_discoverable(&self, asking: Asking) -> Result<Ceremony, PasskeyError> {
        let (mut options, state) = self
            .site
            .start_discoverable_authentication()
            .map_err(refused)?;
        if asking == Asking::ByButton {
            options.mediation = None;
        }
        Ok(Ceremony {
            options: text(&options)?,
            state: text(&state)?,
        })
    }

    /// Whose key an answer says it is from, and the key's id: claims, for finding the stored key.
    pub fn identify(&self, answer: &str) -> Result<(Handle, Vec<u8>), PasskeyError> {
        let answer = read(answer)?;
        let found = self.site.identify_discoverable_authentication(&answer);
        let (handle, key) = found.map_err(refused)?;
        Ok((handle.into_bytes(), key.to_vec()))
    }

    /// Ends a sign-in that [`Passkeys::begin_discoverable`] began, with the stored key that
    /// [`Passkeys::identify`] led to. `true` when the key must be stored again.
    pub fn finish_discoverable(
        &self,
        state: &str,
        answer: &str,
        key: &mut Passkey,
    ) -> Result<bool, PasskeyError> {
        let (state, answer) = (read(state)?, read(answer)?);
        let proof = self
            .site
            .finish_discoverable_authentication_v2(&answer, state, &key.0);
        key.take(&proof.map_err(refused)?)
    }
}

impl Passkey {
    /// The key's id, as the authenticator chose it.
    pub fn id(&self) -> &[u8] {
        self.0.cred_id().as_ref()
    }

    /// As it is stored.
    pub fn to_text(&self) -> Result<String, PasskeyError> {
        text(&self.0)
    }

    /// From how it is stored.
    pub fn from_text(stored: &str) -> Result<Self, PasskeyError> {
        read(stored).map(Self)
    }

    fn take(&mut self, proof: &w::AuthenticationResult) -> Result<bool, PasskeyError> {
        if !proof.user_verified() {
            return Err(PasskeyError::Refused(
                "the device did not verify the person".to_owned(),
            ));
        }
        let changed = self.0.update_credential(proof);
        changed.ok_or_else(|| PasskeyError::Refused("the answer is another key's".to_owned()))
    }
}

fn text(value: &impl Serialize) -> Result<String, PasskeyError> {
    serde_json::to_string(value).map_err(|_| PasskeyError::Form)
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, PasskeyError> {
    if text.len() > 64 * 1024 {
        return Err(PasskeyError::Form);
    }
    serde_json::from_str(text).map_err(|_| PasskeyError::Form)
}

fn refused(error: w::WebauthnError) -> PasskeyError {
    PasskeyError::Refused(error.to_string())
}

#[cfg(test)]
#[path = "passkey_tests.rs"]
mod tests;
