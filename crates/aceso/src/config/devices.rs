//! `sign_in.devices`: the devices that alone make passkeys of those with special rights.

use aceso_vault::passkey::Devices;
use anyhow::{Context, Result};

use super::Config;

impl Config {
    /// The list; none where any device does.
    pub(crate) fn listed_devices(&self) -> Result<Option<Devices>> {
        let (models, files) = (&self.sign_in.devices, &self.sign_in.device_authorities);
        if models.is_empty() && files.is_empty() {
            return Ok(None);
        }
        let read = |file: &String| {
            let read = std::fs::read(file);
            read.with_context(|| format!("sign_in.device_authorities: {file}"))
        };
        let authorities = files.iter().map(read).collect::<Result<Vec<_>>>()?;
        let devices = Devices::new(&authorities, models);
        devices.map(Some).context("sign_in.devices")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_devices_that_cannot_be_right_stops_the_start() {
        let check = |models: &[&str], files: &[&str], why: &str| {
            let mut config = Config::default();
            let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
            config.sign_in.devices = owned(models);
            config.sign_in.device_authorities = owned(files);
            let error = config.listed_devices().unwrap_err();
            assert!(format!("{error:#}").contains(why), "{error:#}");
        };
        assert!(Config::default().listed_devices().unwrap().is_none());
        let model = "2fc0579f-8113-47ea-b116-bb5a8db9202a";
        check(&[model], &[], "makers' certificates");
        check(&[model], &["/no/such/file"], "/no/such/file");
        check(&[], &["/dev/null"], "makers' certificates");
        check(&[model], &["/dev/null"], "no certificate");
        check(&["yubikey"], &["/dev/null"], "yubikey is no model");
    }
}
