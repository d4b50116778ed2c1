// The numbers of the wire (PROTOCOL.md part A) and of the tape, shared by the module, its twin and the JavaScript
// around them. Plain constants only: AssemblyScript and TypeScript both compile this file.

// --- The frame ------------------------------------------------------------------------------------------------------
export const MAGIC = 0xc5;
export const VERSION = 1;
export const KIND_REQUEST = 1;
export const KIND_RESPONSE = 2;
export const KIND_PUSH = 3;
/** No frame is shorter: a push of one packet without records. */
export const MIN_FRAME_BYTES = 11;
export const FLAG_DEPS = 1;
export const FLAG_ATOMIC = 2;
export const FLAG_MESSAGES = 1;
/** handler * 4 + action, handler 0..255. */
export const ROUTE_COUNT = 1024;
export const MAX_STATUS = 65535;

// --- Error codes, in the order of A.7; 0 is success -----------------------------------------------------------------
export const OK = 0;
export const TRUNCATED = 1;
export const BAD_MAGIC = 2;
export const BAD_VERSION = 3;
export const BAD_KIND = 4;
export const BAD_CHECKSUM = 5;
export const BAD_FLAGS = 6;
export const OVERLONG_VARINT = 7;
export const BAD_COUNT = 8;
export const BAD_ORDER = 9;
export const BAD_MODE = 10;
export const BAD_PADDING = 11;
export const BAD_UTF8 = 12;
export const BAD_LENGTH = 13;
export const OUT_OF_RANGE = 14;
export const TRAILING_BYTES = 15;
export const LIMIT = 16;
/** The arena cannot grow to what this frame needs. Not a fault of the frame: the codec reports it as such. */
export const OUT_OF_MEMORY = 17;

// --- Default limits (A.8) -------------------------------------------------------------------------------------------
export const LIMIT_FRAME_BYTES = 8388608;
export const LIMIT_PACKETS = 10000;
export const LIMIT_GROUPS = 1024;
export const LIMIT_VALUES = 1000000;
export const LIMIT_STRING_UNITS = 1048576;
export const LIMIT_JSON_DEPTH = 64;
export const LIMIT_NESTING = 16;
/** The budget of values also grows with the frame: 65 536 + 1024 per byte of it. */
export const VALUES_BASE = 65536;
export const VALUES_PER_BYTE = 1024;

// --- Shape program --------------------------------------------------------------------------------------------------
// One u32 per type node, in preorder: the operation in the low byte, its argument above (`op | argument << 8`).
export const OP_BOOL = 1;
export const OP_U8 = 2;
export const OP_U16 = 3;
export const OP_U32 = 4;
export const OP_I8 = 5;
export const OP_I16 = 6;
export const OP_I32 = 7;
export const OP_INT = 8;
export const OP_I64 = 9;
export const OP_F64 = 10;
export const OP_STRING = 11;
export const OP_SYMBOL = 12;
/** Argument: how many literals. */
export const OP_ENUM = 13;
export const OP_TIMESTAMP = 14;
export const OP_DATE = 15;
export const OP_UNIXID = 16;
export const OP_BYTES = 17;
export const OP_JSON = 18;
/** One child. */
export const OP_OPTIONAL = 19;
/** One child. */
export const OP_NULLABLE = 20;
/** One child. */
export const OP_LIST = 21;
/** Argument: how many children. */
export const OP_STRUCT = 22;
/** Five children follow as nodes of their own (string, symbol, int, string, bytes); they charge nothing. */
export const OP_FILE = 23;

// A program in memory, all u32: [fields f, nodes total, then per field: sign | required << 16, first node's index],
// then the nodes. `required` is 1 for a field that is neither optional nor has a default. Size in words:
// PROGRAM_HEAD + 2 * f + nodes.
// A route table is ROUTE_COUNT u32: ROUTE_UNKNOWN, ROUTE_NO_SHAPE, or the address of the route's program.
export const PROGRAM_FIELDS = 0;
export const PROGRAM_NODES = 1;
export const PROGRAM_HEAD = 2;
export const ROUTE_UNKNOWN = 0;
export const ROUTE_NO_SHAPE = 1;

// --- Tape -----------------------------------------------------------------------------------------------------------
// What a decoder leaves and what an encoder is given: a head, a record per group, a slot per type node, and the typed
// columns the slots point to. The same for the module and its twin, for reading and for writing. Addresses are byte
// addresses in the arena, at the natural alignment of what stands there; the words below are u32 indices into the
// block they belong to; `_F64` words are the index of an 8-byte-aligned double (two words).
//
// Columns:  f64[]: seq items deps, int timestamp date f64 · i32[]: route status depCounts atomic messageIndex, enum and
// the integers up to i32 (u32 as the same 32 bits) · i64[]: i64 and unixid · u8[]: bool, presence · u32[]: lengths of
// strings (UTF-16 units) and bytes, counts of lists, indices of symbols.
export const TAPE_KIND = 0;
export const TAPE_FLAGS = 1;
export const TAPE_OUTBOX_LOW = 2;
export const TAPE_OUTBOX_HIGH = 3;
export const TAPE_FIRST_F64 = 4;
/** As on the wire: the distance first - o. */
export const TAPE_OLDEST_F64 = 6;
export const TAPE_COUNT = 8;
/** f64[count], absolute sequence numbers (request, response). */
export const TAPE_SEQ = 9;
/** i32[count]. */
export const TAPE_ROUTE = 10;
/** f64[count]: a group that is skipped may claim any number of records below 2^53. */
export const TAPE_ITEMS = 11;
/** i32[count] (response). */
export const TAPE_STATUS = 12;
/** i32[count] or 0 when the flag is not set (request). */
export const TAPE_DEP_COUNTS = 13;
/** f64[depSum]: distances, as on the wire. */
export const TAPE_DEPS = 14;
export const TAPE_DEP_SUM = 15;
/** i32[count] or 0 when the flag is not set (request). */
export const TAPE_ATOMIC = 16;
/** K, 0 when the flag is not set (response). */
export const TAPE_MESSAGES = 17;
/** i32[K]: absolute indices of results. */
export const TAPE_MESSAGE_INDEX = 18;
/** u32[K]: lengths in UTF-16 units. From here on as in a slot from SLOT_VALUES on, up to the bytes of the text. */
export const TAPE_MESSAGE_LENGTHS = 19;
/** Where their UTF-8 begins: decoding, an offset in the frame; encoding, an address in the arena. */
export const TAPE_MESSAGE_TEXT = 21;
export const TAPE_MESSAGE_BYTES = 22;
/** G. */
export const TAPE_GROUPS = 23;
/** Address of G group records of GROUP_WORDS words. */
export const TAPE_GROUP_RECORDS = 24;
/** The first field value in frame order that its type does not allow: 0, or the offset of its column (decoding). */
export const TAPE_BAD_OFFSET = 25;
/** Offset of the blob tail in the frame (decoding); bytes of the whole tail (encoding). */
export const TAPE_TAIL = 26;
// A double stands at an even word.
/** The sum of what columns charged (A.8), as a double (decoding: of the whole frame; encoding: unused). */
export const TAPE_CHARGED_F64 = 28;
export const TAPE_WORDS = 30;

// A group record.
export const GROUP_ROUTE = 0;
export const GROUP_STATE = 1;
/** M, records of the group, as a double (two words). */
export const GROUP_RECORDS_F64 = 2;
/** k, fields written (encoding: all the shape's fields). */
export const GROUP_FIELDS_WRITTEN = 4;
/** min(f, k): how many fields have slots that hold columns. 0 unless the state is GROUP_READ. */
export const GROUP_FIELDS_READ = 5;
/** Address of the shape's slots: one of SLOT_WORDS words per node, in preorder, those of unread fields left zero. */
export const GROUP_SLOTS = 6;
/** Address of the shape program; 0 for an unknown route. */
export const GROUP_PROGRAM = 7;
/** Bytes the group owns in the blob tail. */
export const GROUP_TAIL = 8;
/** Where they begin, counted from the begin of the tail (decoding). */
export const GROUP_TAIL_START = 9;
export const GROUP_WORDS = 10;

export const GROUP_READ = 0;
export const GROUP_MISMATCH = 1;
export const GROUP_UNSUPPORTED = 2;

// A slot: what is known of one type node's column.
/** n: how many values the node's column has (struct: how many structs). */
export const SLOT_COUNT = 0;
/**
 * Address of the first column: values, presence (u8[n]), list counts (u32[n]), lengths of strings and bytes (u32[n]),
 * unixid ticks (i64[n]), lengths of a symbol column's dictionary (u32[d]).
 */
export const SLOT_VALUES = 1;
/** Address of the second column: unixid nodes (i64[n]), symbol indices (u32[n]). */
export const SLOT_SECOND = 2;
/** Strings, symbols, JSON: where their UTF-8 begins (decoding: frame offset, encoding: address). Bytes: offset of the column's first blob in the tail. */
export const SLOT_TEXT = 3;
/** Strings, symbols, JSON: bytes of that UTF-8. Equal to the sum of lengths exactly when all is ASCII. */
export const SLOT_TEXT_BYTES = 4;
/** symbol: d, the dictionary's size. optional, nullable: p, how many are present. list: the sum of counts. strings: the sum of lengths in units. */
export const SLOT_EXTRA = 5;
/** Offset of the column in the frame (decoding). */
export const SLOT_OFFSET = 6;
/** 0, or the address of u8[n]: 1 where a value is not allowed by its type (decoding). */
export const SLOT_BAD = 7;
export const SLOT_WORDS = 8;

// --- The module's own memory ----------------------------------------------------------------------------------------
// Cells that the module and the JavaScript around it share: a word read through a view costs JavaScript a nanosecond, an
// exported global fifty times as much. assembly/memory.ts has the map.
/** Why the last frame was refused, and where. */
export const CELL_CODE = 16;
export const CELL_OFFSET = 20;
/** Where the frame written last begins. */
export const CELL_OUTPUT = 24;
/** Where the columns of a call begin, behind the installed words. */
export const CELL_BASE = 28;
/** Where they end: everything behind it is zero. */
export const CELL_TOP = 32;
/** The four lanes of a hash that is made in pieces; a multiple of 16. */
export const CELL_LANES = 48;
/** u64[ROUTE_COUNT]: how many records each route of a frame has. */
export const ROUTE_RECORDS = 1024;
export const ARENA_START = 9216;
/** Loads and stores of sixteen bytes may begin at the last value: there is always so much behind it. */
export const MARGIN = 32;
