//! The protocol's descriptors as the small JSON document that `codec.js` reads.

use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};
use serde_json::{Map, Value, json};

/// Why descriptors cannot be made into a document.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    /// The bytes are no descriptor set.
    #[error("the descriptors cannot be read: {0}")]
    Descriptors(#[from] prost::DecodeError),
    /// A field has a type that the pages cannot read.
    #[error("field `{field}`: expected a type of proto3, found {found}")]
    Type {
        /// Message and field.
        field: String,
        /// What was found.
        found: String,
    },
}

/// The descriptors of an encoded `FileDescriptorSet` as JSON: `messages` with their fields (name, number,
/// type, the name of a message's or enum's type, repeated, presence, oneof), `enums` by name, `services` with
/// their methods. Names are full, as `liveproof.v1.Open`. What is imported from other packages is in it only
/// where the set holds it.
///
/// # Errors
/// Where the bytes are no descriptor set, or hold a field of no proto3 type.
pub fn protocol_json(descriptor_set: &[u8]) -> Result<String, ProtocolError> {
    let set = FileDescriptorSet::decode(descriptor_set)?;
    let mut document = Document::default();
    for file in &set.file {
        let package = file.package();
        for message in &file.message_type {
            document.message(package, message)?;
        }
        for e in &file.enum_type {
            document.enumeration(package, e);
        }
        for service in &file.service {
            let methods: Map<String, Value> = service
                .method
                .iter()
                .map(|m| {
                    let method = json!({
                        "input": full(m.input_type()),
                        "output": full(m.output_type()),
                        "client_stream": m.client_streaming(),
                        "server_stream": m.server_streaming(),
                    });
                    (m.name().to_owned(), method)
                })
                .collect();
            let name = join(package, service.name());
            document.services.insert(name, Value::Object(methods));
        }
    }
    Ok(json!({
        "messages": document.messages,
        "enums": document.enums,
        "services": document.services,
    })
    .to_string())
}

#[derive(Default)]
struct Document {
    messages: Map<String, Value>,
    enums: Map<String, Value>,
    services: Map<String, Value>,
}

// === impl Document ===

impl Document {
    fn message(&mut self, scope: &str, message: &DescriptorProto) -> Result<(), ProtocolError> {
        let name = join(scope, message.name());
        let fields = message
            .field
            .iter()
            .map(|f| field(&name, message, f))
            .collect::<Result<Vec<_>, _>>()?;
        for inner in &message.nested_type {
            self.message(&name, inner)?;
        }
        for e in &message.enum_type {
            self.enumeration(&name, e);
        }
        self.messages.insert(name, Value::Array(fields));
        Ok(())
    }

    fn enumeration(&mut self, scope: &str, e: &EnumDescriptorProto) {
        let values: Map<String, Value> = e
            .value
            .iter()
            .map(|v| (v.name().to_owned(), json!(v.number())))
            .collect();
        self.enums
            .insert(join(scope, e.name()), Value::Object(values));
    }
}

fn field(
    message: &str,
    parent: &DescriptorProto,
    f: &FieldDescriptorProto,
) -> Result<Value, ProtocolError> {
    let unknown = |found: String| ProtocolError::Type {
        field: format!("{message}.{}", f.name()),
        found,
    };
    let kind = Type::try_from(f.r#type.unwrap_or_default())
        .map_err(|_| unknown(format!("type number {}", f.r#type.unwrap_or_default())))?;
    if kind == Type::Group {
        return Err(unknown("a group".to_owned()));
    }
    let kind = kind
        .as_str_name()
        .trim_start_matches("TYPE_")
        .to_lowercase();
    let mut value = json!({ "name": f.name(), "number": f.number(), "type": kind });
    if !f.type_name().is_empty() {
        value["of"] = json!(full(f.type_name()));
    }
    if f.label() == Label::Repeated {
        value["repeated"] = json!(true);
    }
    if f.proto3_optional() {
        // Its oneof exists in the descriptor only.
        value["optional"] = json!(true);
    } else if let Some(oneof) = f
        .oneof_index
        .and_then(|i| parent.oneof_decl.get(usize::try_from(i).ok()?))
    {
        value["oneof"] = json!(oneof.name());
    }
    Ok(value)
}

fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() {
        name.to_owned()
    } else {
        format!("{scope}.{name}")
    }
}

/// A type's full name without the leading dot that descriptors write.
fn full(name: &str) -> &str {
    name.trim_start_matches('.')
}
