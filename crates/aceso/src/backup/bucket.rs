//! The way to a bucket: by the program's one way out, and only where the configuration allows it.

use std::time::Duration;

use aceso_backup::{Ask, Asking, S3Address, S3Credentials, Shelf, Told, Verb};
use aceso_egress::{Client, Limits, Request, SendError, StatusCode};
use anyhow::{Context, Result, bail};
use tokio::runtime::Handle;
use tokio::task::block_in_place;
use zeroize::Zeroizing;

use crate::clock::clock;
use crate::config::Config;
use crate::delivery::egress;
use crate::root::whole_file;

/// Files of a repository grow to some hundred MiB.
const LARGEST: usize = 1 << 30;
const SLOWEST: Duration = Duration::from_secs(900);

/// A bucket's files, with the configured credentials.
pub(super) fn shelf(config: &Config, bucket: &S3Address) -> Result<Shelf> {
    let credentials = credentials(config)?;
    let client = egress(config)?.with_limits(Limits {
        body: LARGEST,
        whole: SLOWEST,
        ..Limits::default()
    });
    let runtime = Handle::current();
    let asking = Asking::new(move |ask| {
        let told = block_in_place(|| runtime.block_on(send(&client, ask)));
        told.map_err(|error| format!("{error:#}"))
    });
    Ok(Shelf::s3(bucket, credentials, asking, clock()))
}

fn credentials(config: &Config) -> Result<S3Credentials> {
    let file = config.backup.s3_credentials.as_str();
    if file.is_empty() {
        bail!("a bucket needs backup.s3_credentials, the file with its access key");
    }
    let text = whole_file(file.as_ref()).context("backup.s3_credentials")?;
    let mut lines = text.lines().map(str::trim);
    match (lines.next(), lines.next()) {
        (Some(id), Some(secret)) if !id.is_empty() && !secret.is_empty() => Ok(S3Credentials {
            id: id.to_owned(),
            secret: Zeroizing::new(secret.to_owned()),
            region: config.backup.s3_region.clone(),
        }),
        _ => bail!(
            "{file} holds no access key: its id belongs on the first line, its secret on the second"
        ),
    }
}

async fn send(client: &Client, ask: Ask) -> Result<Told> {
    let target = client.target(&ask.url).map_err(|error| match error {
        SendError::NotAllowed => {
            anyhow::anyhow!("the bucket is not among egress.endpoints, so it is not called")
        }
        other => other.into(),
    })?;
    let request = match ask.verb {
        Verb::Get => Request::get(target),
        Verb::Put => Request::put(target, ask.body),
        Verb::Delete => Request::delete(target),
    };
    let mut lines = ask.headers.iter();
    let request = lines.try_fold(request, |request, line| request.line(line))?;
    let answer = client.send(request).await?;
    let status: StatusCode = answer.status;
    Ok(Told {
        status: status.as_u16(),
        body: answer.body.to_vec(),
    })
}
