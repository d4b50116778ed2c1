// Generated from schema.bop by bebopc 3.2.3 (bebop-tools), its types removed.
// @ts-nocheck
// biome-ignore-all lint: generated
import { BebopView } from 'bebop';

const User = /* @__PURE__ */ Object.freeze(
  /* @__PURE__ */ Object.assign(
    // Factory function
    (data) => {
      return Object.freeze({
        ...data,
        encode() {
          return User.encode(this);
        },
      });
    },
    // Static methods
    {
      encode(record) {
        const view = BebopView.getInstance();
        view.startWriting();
        User.encodeInto(record, view);
        return view.toArray();
      },
      encodeInto(record, view) {
        view.writeFloat64(record.id);
        view.writeString(record.name);
        view.writeString(record.email);
        view.writeByte(record.age);
        view.writeByte(Number(record.active));
        view.writeFloat64(record.createdAt);
        view.writeFloat64(record.balance);
        {
          const length0 = record.tags.length;
          view.writeUint32(length0);
          for (let i0 = 0; i0 < length0; i0++) {
            view.writeString(record.tags[i0]);
          }
        }
      },
      decode(buffer) {
        const view = BebopView.getInstance();
        view.startReading(buffer);
        const decoded = User.readFrom(view);
        return User(decoded);
      },
      readFrom(view) {
        let field0;
        field0 = view.readFloat64();
        let field1;
        field1 = view.readString();
        let field2;
        field2 = view.readString();
        let field3;
        field3 = view.readByte();
        let field4;
        field4 = !!view.readByte();
        let field5;
        field5 = view.readFloat64();
        let field6;
        field6 = view.readFloat64();
        let field7;
        {
          const length0 = view.readUint32();
          field7 = [];
          for (let i0 = 0; i0 < length0; i0++) {
            let x0;
            x0 = view.readString();
            field7[i0] = x0;
          }
        }
        return {
          id: field0,
          name: field1,
          email: field2,
          age: field3,
          active: field4,
          createdAt: field5,
          balance: field6,
          tags: field7,
        };
      },
    },
  ),
);
const Member = /* @__PURE__ */ Object.freeze(
  /* @__PURE__ */ Object.assign(
    // Factory function
    (data) => {
      return Object.freeze({
        ...data,
        encode() {
          return Member.encode(this);
        },
      });
    },
    // Static methods
    {
      encode(record) {
        const view = BebopView.getInstance();
        view.startWriting();
        Member.encodeInto(record, view);
        return view.toArray();
      },
      encodeInto(record, view) {
        view.writeString(record.id);
        view.writeString(record.name);
        view.writeString(record.email);
        view.writeByte(record.age);
        view.writeByte(Number(record.active));
        view.writeFloat64(record.createdAt);
        view.writeFloat64(record.balance);
        {
          const length0 = record.tags.length;
          view.writeUint32(length0);
          for (let i0 = 0; i0 < length0; i0++) {
            view.writeString(record.tags[i0]);
          }
        }
      },
      decode(buffer) {
        const view = BebopView.getInstance();
        view.startReading(buffer);
        const decoded = Member.readFrom(view);
        return Member(decoded);
      },
      readFrom(view) {
        let field0;
        field0 = view.readString();
        let field1;
        field1 = view.readString();
        let field2;
        field2 = view.readString();
        let field3;
        field3 = view.readByte();
        let field4;
        field4 = !!view.readByte();
        let field5;
        field5 = view.readFloat64();
        let field6;
        field6 = view.readFloat64();
        let field7;
        {
          const length0 = view.readUint32();
          field7 = [];
          for (let i0 = 0; i0 < length0; i0++) {
            let x0;
            x0 = view.readString();
            field7[i0] = x0;
          }
        }
        return {
          id: field0,
          name: field1,
          email: field2,
          age: field3,
          active: field4,
          createdAt: field5,
          balance: field6,
          tags: field7,
        };
      },
    },
  ),
);
const Line = /* @__PURE__ */ Object.freeze(
  /* @__PURE__ */ Object.assign(
    // Factory function
    (data) => {
      return Object.freeze({
        ...data,
        encode() {
          return Line.encode(this);
        },
      });
    },
    // Static methods
    {
      encode(record) {
        const view = BebopView.getInstance();
        view.startWriting();
        Line.encodeInto(record, view);
        return view.toArray();
      },
      encodeInto(record, view) {
        view.writeString(record.sku);
        view.writeUint16(record.qty);
        view.writeFloat64(record.price);
      },
      decode(buffer) {
        const view = BebopView.getInstance();
        view.startReading(buffer);
        const decoded = Line.readFrom(view);
        return Line(decoded);
      },
      readFrom(view) {
        let field0;
        field0 = view.readString();
        let field1;
        field1 = view.readUint16();
        let field2;
        field2 = view.readFloat64();
        return {
          sku: field0,
          qty: field1,
          price: field2,
        };
      },
    },
  ),
);
const Invoice = /* @__PURE__ */ Object.freeze(
  /* @__PURE__ */ Object.assign(
    // Factory function
    (data) => {
      return {
        ...data,
        encode() {
          return Invoice.encode(this);
        },
      };
    },
    // Static methods
    {
      encode(record) {
        const view = BebopView.getInstance();
        view.startWriting();
        Invoice.encodeInto(record, view);
        return view.toArray();
      },
      encodeInto(record, view) {
        const pos = view.reserveMessageLength();
        const start = view.length;
        if (record.id !== void 0) {
          view.writeByte(1);
          view.writeFloat64(record.id);
        }
        if (record.clientId !== void 0) {
          view.writeByte(2);
          view.writeFloat64(record.clientId);
        }
        if (record.number !== void 0) {
          view.writeByte(3);
          view.writeString(record.number);
        }
        if (record.lines !== void 0) {
          view.writeByte(4);
          {
            const length0 = record.lines.length;
            view.writeUint32(length0);
            for (let i0 = 0; i0 < length0; i0++) {
              Line.encodeInto(record.lines[i0], view);
            }
          }
        }
        if (record.note !== void 0) {
          view.writeByte(5);
          view.writeString(record.note);
        }
        if (record.total !== void 0) {
          view.writeByte(6);
          view.writeFloat64(record.total);
        }
        view.writeByte(0);
        const end = view.length;
        view.fillMessageLength(pos, end - start);
      },
      decode(buffer) {
        const view = BebopView.getInstance();
        view.startReading(buffer);
        const decoded = Invoice.readFrom(view);
        return Invoice(decoded);
      },
      readFrom(view) {
        const message = {};
        const length = view.readMessageLength();
        const end = view.index + length;
        while (true) {
          switch (view.readByte()) {
            case 0:
              return message;
            case 1:
              message.id = view.readFloat64();
              break;
            case 2:
              message.clientId = view.readFloat64();
              break;
            case 3:
              message.number = view.readString();
              break;
            case 4:
              {
                const length0 = view.readUint32();
                message.lines = [];
                for (let i0 = 0; i0 < length0; i0++) {
                  let x0;
                  x0 = Line.readFrom(view);
                  message.lines[i0] = x0;
                }
              }
              break;
            case 5:
              message.note = view.readString();
              break;
            case 6:
              message.total = view.readFloat64();
              break;
            default:
              view.index = end;
              return message;
          }
        }
      },
    },
  ),
);
const Scan = /* @__PURE__ */ Object.freeze(
  /* @__PURE__ */ Object.assign(
    // Factory function
    (data) => {
      return Object.freeze({
        ...data,
        encode() {
          return Scan.encode(this);
        },
      });
    },
    // Static methods
    {
      encode(record) {
        const view = BebopView.getInstance();
        view.startWriting();
        Scan.encodeInto(record, view);
        return view.toArray();
      },
      encodeInto(record, view) {
        view.writeString(record.name);
        view.writeBytes(record.content);
      },
      decode(buffer) {
        const view = BebopView.getInstance();
        view.startReading(buffer);
        const decoded = Scan.readFrom(view);
        return Scan(decoded);
      },
      readFrom(view) {
        let field0;
        field0 = view.readString();
        let field1;
        field1 = view.readBytes();
        return {
          name: field0,
          content: field1,
        };
      },
    },
  ),
);
const UserPacket = /* @__PURE__ */ Object.freeze(
  /* @__PURE__ */ Object.assign(
    // Factory function
    (data) => {
      return Object.freeze({
        ...data,
        encode() {
          return UserPacket.encode(this);
        },
      });
    },
    // Static methods
    {
      encode(record) {
        const view = BebopView.getInstance();
        view.startWriting();
        UserPacket.encodeInto(record, view);
        return view.toArray();
      },
      encodeInto(record, view) {
        view.writeUint32(record.seq);
        view.writeUint16(record.route);
        {
          const length0 = record.users.length;
          view.writeUint32(length0);
          for (let i0 = 0; i0 < length0; i0++) {
            User.encodeInto(record.users[i0], view);
          }
        }
      },
      decode(buffer) {
        const view = BebopView.getInstance();
        view.startReading(buffer);
        const decoded = UserPacket.readFrom(view);
        return UserPacket(decoded);
      },
      readFrom(view) {
        let field0;
        field0 = view.readUint32();
        let field1;
        field1 = view.readUint16();
        let field2;
        {
          const length0 = view.readUint32();
          field2 = [];
          for (let i0 = 0; i0 < length0; i0++) {
            let x0;
            x0 = User.readFrom(view);
            field2[i0] = x0;
          }
        }
        return {
          seq: field0,
          route: field1,
          users: field2,
        };
      },
    },
  ),
);
const MemberPacket = /* @__PURE__ */ Object.freeze(
  /* @__PURE__ */ Object.assign(
    // Factory function
    (data) => {
      return Object.freeze({
        ...data,
        encode() {
          return MemberPacket.encode(this);
        },
      });
    },
    // Static methods
    {
      encode(record) {
        const view = BebopView.getInstance();
        view.startWriting();
        MemberPacket.encodeInto(record, view);
        return view.toArray();
      },
      encodeInto(record, view) {
        view.writeUint32(record.seq);
        view.writeUint16(record.route);
        {
          const length0 = record.members.length;
          view.writeUint32(length0);
          for (let i0 = 0; i0 < length0; i0++) {
            Member.encodeInto(record.members[i0], view);
          }
        }
      },
      decode(buffer) {
        const view = BebopView.getInstance();
        view.startReading(buffer);
        const decoded = MemberPacket.readFrom(view);
        return MemberPacket(decoded);
      },
      readFrom(view) {
        let field0;
        field0 = view.readUint32();
        let field1;
        field1 = view.readUint16();
        let field2;
        {
          const length0 = view.readUint32();
          field2 = [];
          for (let i0 = 0; i0 < length0; i0++) {
            let x0;
            x0 = Member.readFrom(view);
            field2[i0] = x0;
          }
        }
        return {
          seq: field0,
          route: field1,
          members: field2,
        };
      },
    },
  ),
);
const MixedPacket = /* @__PURE__ */ Object.freeze(
  /* @__PURE__ */ Object.assign(
    // Factory function
    (data) => {
      return Object.freeze({
        ...data,
        encode() {
          return MixedPacket.encode(this);
        },
      });
    },
    // Static methods
    {
      encode(record) {
        const view = BebopView.getInstance();
        view.startWriting();
        MixedPacket.encodeInto(record, view);
        return view.toArray();
      },
      encodeInto(record, view) {
        view.writeUint32(record.seq);
        view.writeUint16(record.route);
        {
          const length0 = record.users.length;
          view.writeUint32(length0);
          for (let i0 = 0; i0 < length0; i0++) {
            User.encodeInto(record.users[i0], view);
          }
        }
        {
          const length0 = record.invoices.length;
          view.writeUint32(length0);
          for (let i0 = 0; i0 < length0; i0++) {
            Invoice.encodeInto(record.invoices[i0], view);
          }
        }
      },
      decode(buffer) {
        const view = BebopView.getInstance();
        view.startReading(buffer);
        const decoded = MixedPacket.readFrom(view);
        return MixedPacket(decoded);
      },
      readFrom(view) {
        let field0;
        field0 = view.readUint32();
        let field1;
        field1 = view.readUint16();
        let field2;
        {
          const length0 = view.readUint32();
          field2 = [];
          for (let i0 = 0; i0 < length0; i0++) {
            let x0;
            x0 = User.readFrom(view);
            field2[i0] = x0;
          }
        }
        let field3;
        {
          const length0 = view.readUint32();
          field3 = [];
          for (let i0 = 0; i0 < length0; i0++) {
            let x0;
            x0 = Invoice.readFrom(view);
            field3[i0] = x0;
          }
        }
        return {
          seq: field0,
          route: field1,
          users: field2,
          invoices: field3,
        };
      },
    },
  ),
);
const ScanPacket = /* @__PURE__ */ Object.freeze(
  /* @__PURE__ */ Object.assign(
    // Factory function
    (data) => {
      return Object.freeze({
        ...data,
        encode() {
          return ScanPacket.encode(this);
        },
      });
    },
    // Static methods
    {
      encode(record) {
        const view = BebopView.getInstance();
        view.startWriting();
        ScanPacket.encodeInto(record, view);
        return view.toArray();
      },
      encodeInto(record, view) {
        view.writeUint32(record.seq);
        view.writeUint16(record.route);
        {
          const length0 = record.scans.length;
          view.writeUint32(length0);
          for (let i0 = 0; i0 < length0; i0++) {
            Scan.encodeInto(record.scans[i0], view);
          }
        }
      },
      decode(buffer) {
        const view = BebopView.getInstance();
        view.startReading(buffer);
        const decoded = ScanPacket.readFrom(view);
        return ScanPacket(decoded);
      },
      readFrom(view) {
        let field0;
        field0 = view.readUint32();
        let field1;
        field1 = view.readUint16();
        let field2;
        {
          const length0 = view.readUint32();
          field2 = [];
          for (let i0 = 0; i0 < length0; i0++) {
            let x0;
            x0 = Scan.readFrom(view);
            field2[i0] = x0;
          }
        }
        return {
          seq: field0,
          route: field1,
          scans: field2,
        };
      },
    },
  ),
);
const Result = /* @__PURE__ */ Object.freeze(
  /* @__PURE__ */ Object.assign(
    // Factory function
    (data) => {
      return Object.freeze({
        ...data,
        encode() {
          return Result.encode(this);
        },
      });
    },
    // Static methods
    {
      encode(record) {
        const view = BebopView.getInstance();
        view.startWriting();
        Result.encodeInto(record, view);
        return view.toArray();
      },
      encodeInto(record, view) {
        view.writeUint32(record.seq);
        view.writeUint16(record.route);
        view.writeUint16(record.status);
        view.writeString(record.text);
        {
          const length0 = record.users.length;
          view.writeUint32(length0);
          for (let i0 = 0; i0 < length0; i0++) {
            User.encodeInto(record.users[i0], view);
          }
        }
      },
      decode(buffer) {
        const view = BebopView.getInstance();
        view.startReading(buffer);
        const decoded = Result.readFrom(view);
        return Result(decoded);
      },
      readFrom(view) {
        let field0;
        field0 = view.readUint32();
        let field1;
        field1 = view.readUint16();
        let field2;
        field2 = view.readUint16();
        let field3;
        field3 = view.readString();
        let field4;
        {
          const length0 = view.readUint32();
          field4 = [];
          for (let i0 = 0; i0 < length0; i0++) {
            let x0;
            x0 = User.readFrom(view);
            field4[i0] = x0;
          }
        }
        return {
          seq: field0,
          route: field1,
          status: field2,
          text: field3,
          users: field4,
        };
      },
    },
  ),
);
const UserRequest = /* @__PURE__ */ Object.freeze(
  /* @__PURE__ */ Object.assign(
    // Factory function
    (data) => {
      return Object.freeze({
        ...data,
        encode() {
          return UserRequest.encode(this);
        },
      });
    },
    // Static methods
    {
      encode(record) {
        const view = BebopView.getInstance();
        view.startWriting();
        UserRequest.encodeInto(record, view);
        return view.toArray();
      },
      encodeInto(record, view) {
        {
          const length0 = record.packets.length;
          view.writeUint32(length0);
          for (let i0 = 0; i0 < length0; i0++) {
            UserPacket.encodeInto(record.packets[i0], view);
          }
        }
      },
      decode(buffer) {
        const view = BebopView.getInstance();
        view.startReading(buffer);
        const decoded = UserRequest.readFrom(view);
        return UserRequest(decoded);
      },
      readFrom(view) {
        let field0;
        {
          const length0 = view.readUint32();
          field0 = [];
          for (let i0 = 0; i0 < length0; i0++) {
            let x0;
            x0 = UserPacket.readFrom(view);
            field0[i0] = x0;
          }
        }
        return {
          packets: field0,
        };
      },
    },
  ),
);
const MemberRequest = /* @__PURE__ */ Object.freeze(
  /* @__PURE__ */ Object.assign(
    // Factory function
    (data) => {
      return Object.freeze({
        ...data,
        encode() {
          return MemberRequest.encode(this);
        },
      });
    },
    // Static methods
    {
      encode(record) {
        const view = BebopView.getInstance();
        view.startWriting();
        MemberRequest.encodeInto(record, view);
        return view.toArray();
      },
      encodeInto(record, view) {
        {
          const length0 = record.packets.length;
          view.writeUint32(length0);
          for (let i0 = 0; i0 < length0; i0++) {
            MemberPacket.encodeInto(record.packets[i0], view);
          }
        }
      },
      decode(buffer) {
        const view = BebopView.getInstance();
        view.startReading(buffer);
        const decoded = MemberRequest.readFrom(view);
        return MemberRequest(decoded);
      },
      readFrom(view) {
        let field0;
        {
          const length0 = view.readUint32();
          field0 = [];
          for (let i0 = 0; i0 < length0; i0++) {
            let x0;
            x0 = MemberPacket.readFrom(view);
            field0[i0] = x0;
          }
        }
        return {
          packets: field0,
        };
      },
    },
  ),
);
const MixedRequest = /* @__PURE__ */ Object.freeze(
  /* @__PURE__ */ Object.assign(
    // Factory function
    (data) => {
      return Object.freeze({
        ...data,
        encode() {
          return MixedRequest.encode(this);
        },
      });
    },
    // Static methods
    {
      encode(record) {
        const view = BebopView.getInstance();
        view.startWriting();
        MixedRequest.encodeInto(record, view);
        return view.toArray();
      },
      encodeInto(record, view) {
        {
          const length0 = record.packets.length;
          view.writeUint32(length0);
          for (let i0 = 0; i0 < length0; i0++) {
            MixedPacket.encodeInto(record.packets[i0], view);
          }
        }
      },
      decode(buffer) {
        const view = BebopView.getInstance();
        view.startReading(buffer);
        const decoded = MixedRequest.readFrom(view);
        return MixedRequest(decoded);
      },
      readFrom(view) {
        let field0;
        {
          const length0 = view.readUint32();
          field0 = [];
          for (let i0 = 0; i0 < length0; i0++) {
            let x0;
            x0 = MixedPacket.readFrom(view);
            field0[i0] = x0;
          }
        }
        return {
          packets: field0,
        };
      },
    },
  ),
);
const ScanRequest = /* @__PURE__ */ Object.freeze(
  /* @__PURE__ */ Object.assign(
    // Factory function
    (data) => {
      return Object.freeze({
        ...data,
        encode() {
          return ScanRequest.encode(this);
        },
      });
    },
    // Static methods
    {
      encode(record) {
        const view = BebopView.getInstance();
        view.startWriting();
        ScanRequest.encodeInto(record, view);
        return view.toArray();
      },
      encodeInto(record, view) {
        {
          const length0 = record.packets.length;
          view.writeUint32(length0);
          for (let i0 = 0; i0 < length0; i0++) {
            ScanPacket.encodeInto(record.packets[i0], view);
          }
        }
      },
      decode(buffer) {
        const view = BebopView.getInstance();
        view.startReading(buffer);
        const decoded = ScanRequest.readFrom(view);
        return ScanRequest(decoded);
      },
      readFrom(view) {
        let field0;
        {
          const length0 = view.readUint32();
          field0 = [];
          for (let i0 = 0; i0 < length0; i0++) {
            let x0;
            x0 = ScanPacket.readFrom(view);
            field0[i0] = x0;
          }
        }
        return {
          packets: field0,
        };
      },
    },
  ),
);
const Response = /* @__PURE__ */ Object.freeze(
  /* @__PURE__ */ Object.assign(
    // Factory function
    (data) => {
      return Object.freeze({
        ...data,
        encode() {
          return Response.encode(this);
        },
      });
    },
    // Static methods
    {
      encode(record) {
        const view = BebopView.getInstance();
        view.startWriting();
        Response.encodeInto(record, view);
        return view.toArray();
      },
      encodeInto(record, view) {
        {
          const length0 = record.packets.length;
          view.writeUint32(length0);
          for (let i0 = 0; i0 < length0; i0++) {
            Result.encodeInto(record.packets[i0], view);
          }
        }
      },
      decode(buffer) {
        const view = BebopView.getInstance();
        view.startReading(buffer);
        const decoded = Response.readFrom(view);
        return Response(decoded);
      },
      readFrom(view) {
        let field0;
        {
          const length0 = view.readUint32();
          field0 = [];
          for (let i0 = 0; i0 < length0; i0++) {
            let x0;
            x0 = Result.readFrom(view);
            field0[i0] = x0;
          }
        }
        return {
          packets: field0,
        };
      },
    },
  ),
);

export {
  Invoice,
  Line,
  Member,
  MemberPacket,
  MemberRequest,
  MixedPacket,
  MixedRequest,
  Response,
  Result,
  Scan,
  ScanPacket,
  ScanRequest,
  User,
  UserPacket,
  UserRequest,
};
