//! Approvals: a run waits, people agree, the same command goes on.

use crate::house::House;

fn asking() -> House {
    let house = House::shop();
    house.replace(
        "shop.mig",
        "  validation = [people_fit]\n",
        "  validation = [people_fit]\n  approval   = owners\n",
    );
    house.write("approval.mig", "approval owners {\n  from  = [@group:platform]\n  valid = 24h\n}\n");
    house.mig(&["plan", "-o", "plan.json"]).ends(0).says("approval").says("one of group:platform");
    house
}

#[test]
fn a_run_waits_until_somebody_approves() {
    let house = asking();
    house
        .mig(&["apply", "plan.json"])
        .ends(3)
        .says("waiting for the approval owners")
        .says("mig approve plan.json owners --from @group:platform");
    assert!(house.has("lake/people"), "what comes before the approval is done");
    assert!(!house.read("catalog.yaml").contains("acme.dev/people"), "what comes after it is not");
    house.mig(&["apply", "plan.json"]).ends(3);
    house
        .mig(&["approve", "plan.json", "owners", "--from", "@group:platform", "--by", "@user:ada"])
        .ends(0)
        .says("Nobody else is asked");
    house.mig(&["apply", "plan.json"]).ends(0).says("completed");
}

#[test]
fn an_approval_may_come_first() {
    let house = asking();
    house.mig(&["approve", "plan.json", "owners", "--from", "group:platform", "--by", "user:ada"]).ends(0);
    house.mig(&["status", "plan.json"]).ends(0);
    house.mig(&["apply", "plan.json"]).ends(0);
}

#[test]
fn only_those_who_are_asked_can_approve() {
    let house = asking();
    let approve = |approval: &str, from: &str, by: &str| {
        house.mig(&["approve", "plan.json", approval, "--from", from, "--by", by]).ends(1)
    };
    approve("nobody", "@group:platform", "@user:ada").says("unknown-approval");
    approve("owners", "@group:finance", "@user:ada").says("not-asked");
    approve("owners", "@group:platform", "@user:mallory").says("not-a-member");
    approve("owners", "@group:", "@user:ada").says("--from");
    house.mig(&["apply", "plan.json"]).ends(3);
}

#[test]
fn an_approval_holds_for_one_plan() {
    let house = asking();
    house.mig(&["approve", "plan.json", "owners", "--from", "@group:platform", "--by", "@user:ada"]).ends(0);
    house.replace("shop.mig", "A small shop.", "Another shop.");
    house.mig(&["plan", "-o", "other.json"]).ends(0);
    house.mig(&["apply", "other.json"]).ends(3);
}
