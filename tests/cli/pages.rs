//! The examples of the program's own codes: commands that a reader can give, and so does this.

use std::fmt::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use mig_test_support::Backstage;
use serde_json::Value;

use crate::house::House;

/// Stands between what the example says and what its mending says, with the exit code before it.
const RULER: &str = "----- exit code ";

#[test]
fn every_example_gives_its_code_and_is_mended() {
    let shop = House::empty();
    shop.mig(&["demo", "shop", "--no-run"]).ends(0).says("mig check shop");
    // Fewer rows, the same migration: an example does not take longer than a reader has patience.
    for table in ["payments", "shipments", "orders"] {
        shop.sql("shop/shop.db", &format!("DELETE FROM {table} WHERE order_no % 500 <> 0"));
    }
    let pages: Value =
        serde_json::from_str(&shop.mig(&["explain", "--format", "json"]).ends(0).out).expect("JSON");
    let pages: Vec<&Value> = pages["codes"].as_array().expect("a list").iter().collect();
    let own: Vec<&Value> = pages.into_iter().filter(|page| page["group"] == "Running mig").collect();
    assert!(own.len() >= 50, "{}", own.len());
    let waiting = Mutex::new(own.into_iter());
    let wrong = Mutex::new(String::new());
    std::thread::scope(|threads| {
        for _ in 0..3 {
            threads.spawn(|| {
                loop {
                    let next = waiting.lock().expect("no thread has failed").next();
                    let Some(page) = next else { return };
                    if let Err(told) = try_out(&shop, page) {
                        let mut wrong = wrong.lock().expect("no thread has failed");
                        write!(wrong, "\n=== {}: {told}\n", code(page)).expect("a string");
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no thread has failed");
    assert!(wrong.is_empty(), "{wrong}");
}

fn code(page: &Value) -> &str {
    page["code"].as_str().expect("a code")
}

/// Gives the example's commands and those that mend it, beside a shop of their own.
fn try_out(shop: &House, page: &Value) -> Result<(), String> {
    let text = |field: &str| page[field].as_str().expect("commands");
    let house = House::empty();
    let copied = Command::new("cp").arg("-r").arg(shop.path("shop")).arg(house.path("shop")).status();
    assert!(copied.expect("cp runs").success());
    // The one that wants a Backstage.
    let backstage = text("example")
        .contains("BACKSTAGE_URL")
        .then(|| Backstage::start_rereading(&house.path("shop/catalog")));
    let ruler = format!("\necho \"{RULER}$?\"\n");
    // Its catalog is mended when it has come to rest: until then it changes by itself.
    let rest = backstage.as_ref().map_or("", |_| "touch failed\nuntil [ -e rests ]; do sleep 0.1; done\n");
    let commands = format!("{}{ruler}{rest}{}{ruler}", text("example"), text("mended"));
    let said = given(house.path("").as_path(), &commands, backstage.as_ref());
    let parts: Vec<&str> = said.split(RULER).collect();
    let [failing, mended, end] = parts.as_slice() else { return Err(format!("it came to no end\n{said}")) };
    let (exit, mended) = mended.split_once('\n').unwrap_or((mended, ""));
    let says = |said: &str| said.lines().any(|line| line == code(page));
    if !says(failing) {
        return Err(format!("the example does not say it\n{said}"));
    }
    // What is only doubtful lets a command pass.
    if (exit == "0") != (code(page) == "doubtful-catalog") {
        return Err(format!("the example ends with {exit}\n{said}"));
    }
    if says(mended) || end.trim() != "0" {
        return Err(format!("it is not mended\n{said}"));
    }
    Ok(())
}

/// What a shell says to these commands, with `mig` among its programs and nothing left running.
fn given(folder: &Path, commands: &str, backstage: Option<&Backstage>) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_mig"));
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let paths = program.parent().map(Path::to_owned).into_iter().chain(std::env::split_paths(&paths));
    let root = Command::new("id").arg("-u").output().expect("id runs").stdout.trim_ascii() == b"0";
    let mut shell = Command::new("timeout");
    shell.args(["--kill-after=1", "900"]);
    if root {
        // A file that nobody may read can be read by root all the same, unless this is given up.
        shell.args(["setpriv", "--bounding-set=-dac_override,-dac_read_search"]);
    }
    let said = folder.join("said");
    let file = std::fs::File::create(&said).expect("a file");
    if let Some(backstage) = backstage {
        shell.env("BACKSTAGE_URL", backstage.url()).env("BACKSTAGE_TOKEN", Backstage::TOKEN);
    }
    let mut shell = shell
        .args(["sh", "-u", "-c", commands])
        .current_dir(folder)
        .env("PATH", std::env::join_paths(paths).expect("paths"))
        .env("NO_COLOR", "1")
        .env_remove("MIG_STATE")
        .stdin(Stdio::null())
        .stdout(file.try_clone().expect("a file"))
        .stderr(file)
        .process_group(0)
        .spawn()
        .expect("a shell");
    if let Some(backstage) = backstage {
        while !folder.join("failed").exists() && shell.try_wait().expect("a shell").is_none() {
            std::thread::sleep(Duration::from_millis(100));
        }
        backstage.settle();
        std::fs::write(folder.join("rests"), "").expect("a file");
    }
    shell.wait().expect("the shell ends");
    let group = format!("-{}", shell.id());
    // There is none left, mostly.
    drop(Command::new("kill").args(["-9", "--", &group]).stderr(Stdio::null()).status());
    String::from_utf8_lossy(&std::fs::read(said).expect("what was said")).into_owned()
}
