// Protocol buffers (proto3) by descriptor: objects to bytes and back.
//
// In: the document that the server makes of its descriptors (/assets/protocol.json). A message is an object with
// the proto's own field names. Enum values are their names; a number that has no name stays a number. 64-bit
// integers are numbers: what a number cannot hold exactly (beyond 2^53 - 1) is refused with the field's name,
// never rounded. Bytes are Uint8Array. A field that is not there: fields without presence have their default,
// repeated ones are empty, others are undefined. A oneof is a property with the name of the field that is set.
//
// What comes from the wire is bounded by its own length and by MAX_DEPTH; every fault is a CodecError.

const MAX_DEPTH = 32;
const VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5;
const TWO_32 = 2 ** 32;

const WIRE_TYPES = {
  int32: VARINT, int64: VARINT, uint32: VARINT, uint64: VARINT, sint32: VARINT, sint64: VARINT, bool: VARINT,
  enum: VARINT, fixed64: FIXED64, sfixed64: FIXED64, double: FIXED64, string: LENGTH, bytes: LENGTH,
  message: LENGTH, fixed32: FIXED32, sfixed32: FIXED32, float: FIXED32,
};

export class CodecError extends Error {}

export class Protocol {
  #messages = new Map();
  #enums = new Map();

  constructor(document) {
    this.services = document.services;
    for (const [name, values] of Object.entries(document.enums)) {
      const names = new Map();
      for (const [value, number] of Object.entries(values)) {
        if (!names.has(number)) names.set(number, value);
      }
      this.#enums.set(name, { numbers: new Map(Object.entries(values)), names });
    }
    for (const [name, fields] of Object.entries(document.messages)) {
      this.#messages.set(name, {
        name,
        fields,
        byName: new Map(fields.map((f) => [f.name, f])),
        byNumber: new Map(fields.map((f) => [f.number, f])),
        oneofs: new Set(fields.map((f) => f.oneof).filter(Boolean)),
      });
    }
  }

  // Bytes of a message.
  encode(type, value) {
    const writer = new Writer();
    this.#write(writer, this.#type(type), value, 0);
    return writer.finish();
  }

  // The message in bytes.
  decode(type, bytes) {
    return this.#read(new Reader(bytes), this.#type(type), 0);
  }

  #type(name) {
    const type = this.#messages.get(name);
    if (!type) throw new CodecError(`the protocol has no message ${name}`);
    return type;
  }

  #write(writer, type, value, depth) {
    if (depth > MAX_DEPTH) throw new CodecError(`${type.name}: nested too deep`);
    if (value === null || typeof value !== "object") {
      throw new CodecError(`${type.name}: expected an object, found ${typeof value}`);
    }
    for (const name of Object.keys(value)) {
      // The oneof's own property repeats which field is set, as decode writes it.
      if (!type.byName.has(name) && !type.oneofs.has(name)) {
        throw new CodecError(`${type.name} has no field ${name}`);
      }
    }
    for (const field of type.fields) {
      const item = value[field.name];
      if (item === undefined || item === null) continue;
      const at = `${type.name}.${field.name}`;
      if (!field.repeated) {
        const keep = field.optional || field.oneof || field.type === "message";
        if (keep || !this.#isDefault(field, item)) this.#writeField(writer, field, item, at, depth);
      } else if (WIRE_TYPES[field.type] === LENGTH) {
        for (const one of item) this.#writeField(writer, field, one, at, depth);
      } else if (item.length > 0) {
        const packed = new Writer();
        for (const one of item) this.#writeScalar(packed, field, one, at);
        writer.tag(field.number, LENGTH);
        writer.bytes(packed.finish());
      }
    }
  }

  #isDefault(field, value) {
    if (field.type === "enum") return this.#enumNumber(field, value) === 0;
    if (field.type === "bytes" || field.type === "string") return value.length === 0;
    // Minus zero is a value of its own on the wire.
    return value === false || Object.is(value, 0);
  }

  #writeField(writer, field, value, at, depth) {
    writer.tag(field.number, WIRE_TYPES[field.type]);
    if (field.type === "message") {
      const inner = new Writer();
      this.#write(inner, this.#type(field.of), value, depth + 1);
      writer.bytes(inner.finish());
    } else {
      this.#writeScalar(writer, field, value, at);
    }
  }

  #writeScalar(writer, field, value, at) {
    switch (field.type) {
      case "string":
        if (typeof value !== "string") throw new CodecError(`${at}: expected a text`);
        return writer.bytes(new TextEncoder().encode(value));
      case "bytes":
        if (!(value instanceof Uint8Array)) throw new CodecError(`${at}: expected bytes`);
        return writer.bytes(value);
      case "bool":
        if (typeof value !== "boolean") throw new CodecError(`${at}: expected true or false`);
        return writer.varint(value ? 1 : 0, 0);
      case "enum":
        return writer.signed(this.#enumNumber(field, value, at));
      case "double":
        return writer.float64(Number(value));
      case "float":
        return writer.float32(Number(value));
      default:
        return writeInteger(writer, field.type, value, at);
    }
  }

  #enumNumber(field, value, at = field.name) {
    const number = typeof value === "number" ? value : this.#enums.get(field.of)?.numbers.get(value);
    if (!Number.isInteger(number)) throw new CodecError(`${at}: ${field.of} has no value ${value}`);
    return number;
  }

  #read(reader, type, depth) {
    if (depth > MAX_DEPTH) throw new CodecError(`${type.name}: nested too deep`);
    const message = {};
    for (const field of type.fields) {
      if (field.repeated) message[field.name] = [];
      else if (!field.oneof && !field.optional && field.type !== "message") {
        message[field.name] = this.#default(field);
      }
    }
    while (!reader.done()) {
      const { number, wire } = reader.tag();
      const field = type.byNumber.get(number);
      if (!field) {
        reader.skip(wire);
        continue;
      }
      const at = `${type.name}.${field.name}`;
      const expected = WIRE_TYPES[field.type];
      if (field.repeated && wire === LENGTH && expected !== LENGTH) {
        const packed = reader.part();
        while (!packed.done()) message[field.name].push(this.#readScalar(packed, field, at));
        continue;
      }
      if (wire !== expected) throw new CodecError(`${at}: wire type ${wire}, expected ${expected}`);
      const value = field.type === "message"
        ? this.#read(reader.part(), this.#type(field.of), depth + 1)
        : this.#readScalar(reader, field, at);
      if (field.repeated) {
        message[field.name].push(value);
        continue;
      }
      if (field.oneof) {
        if (message[field.oneof]) delete message[message[field.oneof]];
        message[field.oneof] = field.name;
      }
      message[field.name] = value;
    }
    return message;
  }

  #default(field) {
    switch (field.type) {
      case "string": return "";
      case "bytes": return new Uint8Array(0);
      case "bool": return false;
      case "enum": return this.#enums.get(field.of).names.get(0) ?? 0;
      default: return 0;
    }
  }

  #readScalar(reader, field, at) {
    switch (field.type) {
      case "string": return reader.text(at);
      case "bytes": return reader.take(reader.length()).slice();
      case "bool": { const { low, high } = reader.varint(); return low !== 0 || high !== 0; }
      case "enum": {
        const number = reader.varint().low | 0;
        return this.#enums.get(field.of).names.get(number) ?? number;
      }
      case "double": return reader.view(8).getFloat64(0, true);
      case "float": return reader.view(4).getFloat32(0, true);
      default: return readInteger(reader, field.type, at);
    }
  }
}

const RANGES = {
  int32: [-(2 ** 31), 2 ** 31 - 1], sint32: [-(2 ** 31), 2 ** 31 - 1], sfixed32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, TWO_32 - 1], fixed32: [0, TWO_32 - 1],
  uint64: [0, Number.MAX_SAFE_INTEGER], fixed64: [0, Number.MAX_SAFE_INTEGER],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  sint64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  sfixed64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

function writeInteger(writer, type, value, at) {
  const [least, most] = RANGES[type];
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new CodecError(`${at}: expected ${type} within ${least} and ${most}, found ${value}`);
  }
  const { low, high } = split(value);
  switch (type) {
    case "sint32": case "sint64": {
      // Zigzag, by value: 0, -1, 1, -2 ... The doubled value may need the 54th bit, so it is made of halves.
      const size = split(value < 0 ? -(value + 1) : value);
      const odd = value < 0 ? 1 : 0;
      return writer.varint(((size.low << 1) | odd) >>> 0, ((size.high << 1) | (size.low >>> 31)) >>> 0);
    }
    case "fixed32": case "sfixed32":
      return writer.fixed32(low);
    case "fixed64": case "sfixed64":
      writer.fixed32(low);
      return writer.fixed32(high);
    default:
      return writer.varint(low, high);
  }
}

// The halves of a 64-bit integer in two's complement, each unsigned.
function split(value) {
  const high = Math.floor(value / TWO_32);
  return { low: (value - high * TWO_32) >>> 0, high: high >>> 0 };
}

function join(high, low, at) {
  const value = high * TWO_32 + low;
  if (!Number.isSafeInteger(value)) throw new CodecError(`${at}: an integer beyond 2^53 - 1`);
  return value;
}

function readInteger(reader, type, at) {
  switch (type) {
    case "int32": return reader.varint().low | 0;
    case "uint32": return reader.varint().low;
    case "sint32": { const { low } = reader.varint(); return (low >>> 1) ^ -(low & 1); }
    case "fixed32": return reader.view(4).getUint32(0, true);
    case "sfixed32": return reader.view(4).getInt32(0, true);
    case "uint64": { const { low, high } = reader.varint(); return join(high, low, at); }
    case "int64": { const { low, high } = reader.varint(); return join(high | 0, low, at); }
    case "sint64": {
      const { low, high } = reader.varint();
      const size = join(high >>> 1, ((low >>> 1) | (high << 31)) >>> 0, at);
      return low & 1 ? -size - 1 : size;
    }
    default: {
      const view = reader.view(8);
      const high = type === "fixed64" ? view.getUint32(4, true) : view.getInt32(4, true);
      return join(high, view.getUint32(0, true), at);
    }
  }
}

class Writer {
  #buffer = new Uint8Array(256);
  #length = 0;

  #room(bytes) {
    const needed = this.#length + bytes;
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    const at = this.#length;
    this.#length = needed;
    return at;
  }

  #byte(byte) {
    // Room first: it may put another buffer in place.
    const at = this.#room(1);
    this.#buffer[at] = byte;
  }

  #view(bytes) {
    const at = this.#room(bytes);
    return new DataView(this.#buffer.buffer, at, bytes);
  }

  tag(number, wire) {
    this.varint(((number << 3) | wire) >>> 0, 0);
  }

  signed(number) {
    this.varint(number >>> 0, number < 0 ? TWO_32 - 1 : 0);
  }

  varint(low, high) {
    while (high > 0 || low > 0x7f) {
      this.#byte((low & 0x7f) | 0x80);
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.#byte(low);
  }

  bytes(bytes) {
    this.varint(bytes.length, 0);
    const at = this.#room(bytes.length);
    this.#buffer.set(bytes, at);
  }

  fixed32(number) {
    this.#view(4).setUint32(0, number, true);
  }

  float32(number) {
    this.#view(4).setFloat32(0, number, true);
  }

  float64(number) {
    this.#view(8).setFloat64(0, number, true);
  }

  finish() {
    return this.#buffer.slice(0, this.#length);
  }
}

class Reader {
  #bytes;
  #at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  done() {
    return this.#at >= this.#bytes.length;
  }

  take(length) {
    if (length > this.#bytes.length - this.#at) {
      throw new CodecError(`cut short: ${length} bytes wanted at ${this.#at} of ${this.#bytes.length}`);
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  view(length) {
    const bytes = this.take(length);
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }

  varint() {
    let low = 0, high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.take(1)[0];
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) return { low: low >>> 0, high: high >>> 0 };
    }
    throw new CodecError("a number of more than ten bytes");
  }

  tag() {
    const { low, high } = this.varint();
    const number = low >>> 3;
    if (high !== 0 || number === 0) throw new CodecError(`field number ${number} does not exist`);
    return { number, wire: low & 7 };
  }

  length() {
    const { low, high } = this.varint();
    return high === 0 ? low : Infinity;
  }

  part() {
    return new Reader(this.take(this.length()));
  }

  text(at) {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(this.take(this.length()));
    } catch (error) {
      if (error instanceof CodecError) throw error;
      throw new CodecError(`${at}: no UTF-8`);
    }
  }

  skip(wire) {
    switch (wire) {
      case VARINT: this.varint(); break;
      case FIXED64: this.take(8); break;
      case LENGTH: this.take(this.length()); break;
      case FIXED32: this.take(4); break;
      default: throw new CodecError(`wire type ${wire} is not part of proto3`);
    }
  }
}
