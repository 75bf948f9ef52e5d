//! The one table of entity kinds: the fields of `spec` that Backstage checks, and the relations that it derives.
//!
//! Read off Backstage's catalog model (`backstage.io/v1alpha1` and `v1beta1`) and its scaffolder's `Template`. A kind
//! that is not here is kept as it is: a Backstage may have been taught any.

/// A kind of entity.
pub(super) struct Kind {
    /// Its name, as descriptors write it.
    pub(super) name: &'static str,
    /// The versions of the descriptor format that it exists in.
    pub(super) api_versions: &'static [&'static str],
    /// The fields of `spec` that mean something here.
    pub(super) fields: &'static [Field],
}

/// A field of `spec`.
pub(super) struct Field {
    /// Its name.
    pub(super) name: &'static str,
    /// What it must be.
    pub(super) shape: Shape,
    /// Whether an entity without it is wrong.
    pub(super) required: bool,
    /// What it relates the entity to.
    pub(super) relation: Option<Derivation>,
}

/// What a field must be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A text that is not empty.
    Text,
    /// A list of texts that are not empty.
    Texts,
    /// One such text, or a list of them.
    TextOrTexts,
    /// `required` or `optional`.
    Presence,
    /// A mapping of texts that are not empty.
    Profile,
    /// Anything.
    Any,
}

/// The relations that come from a reference in a field: one from the entity to what it names, one back.
pub(super) struct Derivation {
    /// From the entity.
    pub(super) outgoing: &'static str,
    /// To the entity.
    pub(super) incoming: &'static str,
    /// The kind of a reference that names none; without one, such a reference is wrong.
    pub(super) default_kind: Option<&'static str>,
}

/// The kind of that name and version.
pub(super) fn kind(name: &str, api_version: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name && kind.api_versions.contains(&api_version))
}

const BACKSTAGE: &[&str] = &["backstage.io/v1alpha1", "backstage.io/v1beta1"];

const fn required(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: true, relation: None }
}

const fn optional(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: false, relation: None }
}

impl Field {
    const fn relates(mut self, outgoing: &'static str, incoming: &'static str, kind: &'static str) -> Self {
        self.relation = Some(Derivation { outgoing, incoming, default_kind: Some(kind) });
        self
    }

    const fn relates_any(mut self, outgoing: &'static str, incoming: &'static str) -> Self {
        self.relation = Some(Derivation { outgoing, incoming, default_kind: None });
        self
    }
}

const OWNER: Field = required("owner", Shape::Text).relates("ownedBy", "ownerOf", "Group");
const SYSTEM: Field = optional("system", Shape::Text).relates("partOf", "hasPart", "System");
const DEPENDS_ON: Field = optional("dependsOn", Shape::Texts).relates_any("dependsOn", "dependencyOf");
const DEPENDENCY_OF: Field =
    optional("dependencyOf", Shape::TextOrTexts).relates_any("dependencyOf", "dependsOn");

/// Every kind that Backstage knows of itself.
pub(super) const KINDS: &[Kind] = &[
    Kind {
        name: "Component",
        api_versions: BACKSTAGE,
        fields: &[
            required("type", Shape::Text),
            required("lifecycle", Shape::Text),
            OWNER,
            SYSTEM,
            optional("subcomponentOf", Shape::Text).relates("partOf", "hasPart", "Component"),
            optional("providesApis", Shape::Texts).relates("providesApi", "apiProvidedBy", "API"),
            optional("consumesApis", Shape::Texts).relates("consumesApi", "apiConsumedBy", "API"),
            DEPENDS_ON,
            DEPENDENCY_OF,
        ],
    },
    Kind {
        name: "API",
        api_versions: BACKSTAGE,
        fields: &[
            required("type", Shape::Text),
            required("lifecycle", Shape::Text),
            OWNER,
            required("definition", Shape::Text),
            SYSTEM,
        ],
    },
    Kind {
        name: "Resource",
        api_versions: BACKSTAGE,
        fields: &[required("type", Shape::Text), OWNER, DEPENDS_ON, DEPENDENCY_OF, SYSTEM],
    },
    Kind {
        name: "System",
        api_versions: BACKSTAGE,
        fields: &[
            OWNER,
            optional("domain", Shape::Text).relates("partOf", "hasPart", "Domain"),
            optional("type", Shape::Text),
        ],
    },
    Kind {
        name: "Domain",
        api_versions: BACKSTAGE,
        fields: &[
            OWNER,
            optional("subdomainOf", Shape::Text).relates("partOf", "hasPart", "Domain"),
            optional("type", Shape::Text),
        ],
    },
    Kind {
        name: "Group",
        api_versions: BACKSTAGE,
        fields: &[
            required("type", Shape::Text),
            required("children", Shape::Texts).relates("parentOf", "childOf", "Group"),
            optional("parent", Shape::Text).relates("childOf", "parentOf", "Group"),
            optional("members", Shape::Texts).relates("hasMember", "memberOf", "User"),
            optional("profile", Shape::Profile),
        ],
    },
    Kind {
        name: "User",
        api_versions: BACKSTAGE,
        fields: &[
            required("memberOf", Shape::Texts).relates("memberOf", "hasMember", "Group"),
            optional("profile", Shape::Profile),
        ],
    },
    Kind {
        name: "Location",
        api_versions: BACKSTAGE,
        fields: &[
            optional("type", Shape::Text),
            optional("target", Shape::Text),
            optional("targets", Shape::Texts),
            optional("presence", Shape::Presence),
        ],
    },
    Kind {
        name: "Template",
        api_versions: &["scaffolder.backstage.io/v1beta3"],
        fields: &[
            required("type", Shape::Text),
            required("steps", Shape::Any),
            optional("owner", Shape::Text).relates("ownedBy", "ownerOf", "Group"),
        ],
    },
];
