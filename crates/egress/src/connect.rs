//! From a target to a connection.

use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;

use aceso_policy::{Target, is_public};
use tokio::net::{TcpStream, lookup_host};

use crate::SendError;

/// What answers for names.
pub trait Resolver: Send + Sync {
    /// The addresses of a host, asked once for each request.
    fn resolve<'a>(
        &'a self,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;
}

/// The machine's resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve<'a>(
        &'a self,
        host: &'a str,
    ) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>> {
        Box::pin(async move { Ok(lookup_host((host, 0)).await?.map(|a| a.ip()).collect()) })
    }
}

/// Connects to one of the addresses that [`addresses`] let pass; no name is looked at again.
pub(crate) async fn connect(
    target: &Target,
    resolver: &dyn Resolver,
) -> Result<TcpStream, SendError> {
    let all = addresses(target, resolver).await?;
    let stream = TcpStream::connect(all.as_slice()).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The address that the installation names, or what the name leads to now when all of that is public.
async fn addresses(target: &Target, resolver: &dyn Resolver) -> Result<Vec<SocketAddr>, SendError> {
    let found = match target.at() {
        Some(address) => vec![address],
        None => {
            let found = resolver.resolve(target.host()).await?;
            if !found.iter().copied().all(is_public) {
                return Err(SendError::Inside);
            }
            found
        }
    };
    let with_port = |ip| SocketAddr::new(ip, target.port());
    Ok(found.into_iter().map(with_port).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use aceso_policy::Endpoints;

    use super::*;

    /// Gives each answer once, then fails: a name server that changes its mind.
    struct Fickle(Mutex<Vec<Vec<IpAddr>>>);

    impl Resolver for Fickle {
        fn resolve<'a>(
            &'a self,
            _: &'a str,
        ) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>> {
            let next = self.0.lock().unwrap().pop();
            Box::pin(async move { next.ok_or_else(|| io::Error::other("asked once too often")) })
        }
    }

    async fn check(prefix: &str, answers: &[&str], expected: Option<&str>) {
        let answers = answers.iter().rev();
        let answers = answers.map(|a| a.split(' ').map(|ip| ip.parse().unwrap()).collect());
        let resolver = Fickle(Mutex::new(answers.collect()));
        let url = prefix.split(' ').next().unwrap();
        let target = Endpoints::new(&[prefix]).unwrap().target(url).unwrap();
        let found = addresses(&target, &resolver).await;
        let found = found.map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>());
        match expected {
            Some(text) => assert_eq!(found.unwrap().join(" "), text, "{prefix}"),
            None => assert!(
                matches!(found, Err(SendError::Inside)),
                "{prefix} {found:?}"
            ),
        }
    }

    #[tokio::test]
    async fn asvs_1_3_6_a_name_that_leads_inside_is_not_called() {
        let name = "https://a.example/";
        for inside in [
            "127.0.0.1",
            "10.0.0.1",
            "169.254.169.254",
            "::1",
            "fd00:ec2::254",
            "::ffff:10.0.0.1",
        ] {
            check(name, &[inside], None).await;
            check(name, &[&format!("1.1.1.1 {inside}")], None).await;
        }
    }

    #[tokio::test]
    async fn asvs_1_3_6_a_name_is_looked_at_once_so_that_rebinding_gains_nothing() {
        let name = "https://a.example/";
        check(name, &["1.1.1.1", "127.0.0.1"], Some("1.1.1.1:443")).await;
        check(name, &["127.0.0.1", "1.1.1.1"], None).await;
    }

    #[tokio::test]
    async fn where_the_configuration_says_a_host_is_no_name_server_is_asked() {
        check(
            "https://a.example:8443/ at 10.1.2.3",
            &[],
            Some("10.1.2.3:8443"),
        )
        .await;
        check("https://10.1.2.3/", &[], Some("10.1.2.3:443")).await;
        check("http://localhost:9/", &[], Some("127.0.0.1:9")).await;
    }
}
