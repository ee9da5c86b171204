//! `[backup]`: where backups go, how often, and how long they are kept.

use aceso_backup::{Address, AddressError, Keep};
use aceso_policy::Endpoints;
use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use super::{Config, Key, within};

section! {
    /// Backups. The root key is in none of them: keep it, or its shares, elsewhere.
    Backup {
        /// Where they go: a directory, best on another disk; another machine by SSH, "sftp://aceso@nas.example/backups" (with
        /// two slashes after the host: from its root); or a bucket, "s3:https://s3.example/bucket/name", whose address must be
        /// among egress.endpoints. `aceso backup init` makes the repository there, in restic's format. Empty: no backups are
        /// made.
        repository: String = String::new(),
        /// A configuration of `ssh` for the way to another machine: key, known hosts. Empty: that of the account under which
        /// the program runs. The other machine's host key must be known; nothing is ever asked.
        ssh_config: String = String::new(),
        /// A file (mode 0600) with the bucket's access key: its id on the first line, its secret on the second.
        s3_credentials: String = String::new(),
        /// The region that the bucket's storage calls itself.
        s3_region: String = "us-east-1".to_owned(),
        /// The file (mode 0600) with the repository's password. Empty: beside the data directory, with .backup-key added to
        /// its name. `aceso backup init` makes it; without it no backup can be read.
        password_file: String = String::new(),
        /// A private directory for work. A drill, a restore of one patient and a new release that is tried bring a copy of the
        /// record there, and need as much room as it has; a backup needs 4 MiB. Empty: beside the data directory, with
        /// .backup-work added to its name.
        work: String = String::new(),
        /// The server makes a backup every so many hours, 1 to 48. 0: none of its own.
        every_hours: u32 = 24,
        /// Between backups the server adds what was written since every so many seconds, 1 to 3600, so that a lost machine costs
        /// no more than that. 0: never; then a lost machine costs all since the last backup.
        log_seconds: u32 = 240,
        /// It tries a restore out every so many days, 1 to 90. 0: not of its own.
        drill_days: u32 = 30,
        /// Whether this machine may only add to the repository: then nothing is removed from here, neither backups that are
        /// old nor old copies of the patients' keys, and `aceso backup prune` has to run on another machine.
        append_only: bool = false,
        /// All backups of so many days are kept.
        keep_days: u32 = 14,
        /// Of days further back the first and the last are kept, for so many days.
        keep_daily_days: u32 = 92,
        /// A file into which the server writes the patients of the day every hour, sealed, for when nothing else can be reached:
        /// on a stick, or where a machine that stays up can read it. `aceso downtime` makes its secret. Empty: none is written.
        downtime: String = String::new(),
        /// Of months further back the first and the last are kept, for so many days.
        keep_monthly_days: u32 = 400,
    }
}

impl Config {
    pub(super) fn check_backup(&self) -> Result<()> {
        let backup = &self.backup;
        if let Some(Address::S3(bucket)) = backup.repository().context("backup.repository")? {
            let allowed = Endpoints::new(&self.egress.endpoints)?;
            if allowed.target(&bucket.endpoint()).is_none() {
                bail!(
                    "backup.repository: {} must be among egress.endpoints",
                    bucket.endpoint()
                );
            }
        }
        within("backup.every_hours", backup.every_hours, 0, 48)?;
        within("backup.log_seconds", backup.log_seconds, 0, 3600)?;
        within("backup.drill_days", backup.drill_days, 0, 90)?;
        within("backup.keep_days", backup.keep_days, 1, 36_500)?;
        within("backup.keep_daily_days", backup.keep_daily_days, 0, 36_500)?;
        within(
            "backup.keep_monthly_days",
            backup.keep_monthly_days,
            0,
            36_500,
        )
    }
}

impl Backup {
    /// Where the repository is; none when there are to be no backups.
    pub(crate) fn repository(&self) -> Result<Option<Address>, AddressError> {
        match self.repository.as_str() {
            "" => Ok(None),
            place => place.parse().map(Some),
        }
    }

    /// Whether backups are made.
    pub(crate) fn is_wanted(&self) -> bool {
        !self.repository.is_empty()
    }

    /// What is kept for how long.
    pub(crate) const fn keep(&self) -> Keep {
        Keep {
            days: self.keep_days,
            daily_days: self.keep_daily_days,
            monthly_days: self.keep_monthly_days,
        }
    }
}
