//! Addresses that nobody has reason to ask for: they are other programs', and lists of them are what scanners go through. They
//! answer like everything that is not there.

/// Some that scanners ask for first.
pub const HONEY: &[&str] = &[
    "/.aws/credentials",
    "/.env",
    "/.git/config",
    "/.git/head",
    "/.ssh/id_rsa",
    "/.svn/entries",
    "/actuator/env",
    "/actuator/heapdump",
    "/admin.php",
    "/backup.sql",
    "/boaform/admin/formlogin",
    "/cgi-bin/luci",
    "/config.php",
    "/console/login/loginform.jsp",
    "/dump.sql",
    "/hnap1",
    "/interface/login/login.php",
    "/interface/main/main_screen.php",
    "/jmx-console",
    "/library/ajax/upload.php",
    "/manager/html",
    "/openemr/interface/login/login.php",
    "/openemr/setup.php",
    "/openmrs/login.htm",
    "/owa/auth/logon.aspx",
    "/phpinfo.php",
    "/phpmyadmin",
    "/phpmyadmin/index.php",
    "/server-status",
    "/setup.php",
    "/solr/admin/info/system",
    "/vendor/phpunit/phpunit/src/util/php/eval-stdin.php",
    "/web.config",
    "/wp-admin",
    "/wp-config.php",
    "/wp-login.php",
    "/xmlrpc.php",
];

/// Whether a path is one of them, whatever its letters' case.
pub fn is_honey(path: &str) -> bool {
    const LONGEST: usize = 64;
    if path.len() > LONGEST {
        return false;
    }
    let path = path.to_ascii_lowercase();
    let path = path.strip_suffix('/').unwrap_or(&path);
    HONEY.binary_search(&path).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order_and_names_no_page_of_ours() {
        assert!(HONEY.is_sorted());
        assert!(HONEY.iter().all(|path| path.len() <= 64));
        assert!(is_honey("/WP-Login.php") && is_honey("/.env") && is_honey("/wp-admin/"));
        for ours in [
            "/",
            "/sign-in",
            "/admin",
            "/patients/1",
            "/fhir/Patient",
            "/setup",
        ] {
            assert!(!is_honey(ours), "{ours}");
        }
    }
}
