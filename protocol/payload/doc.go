// Package payload shows payloads to people, and turns what people write into payloads.
//
// Each view is a row of one table, renderers: its name, the media types it is for, how it recognises its bytes, and what
// lays it out. A view has lines of spans that know their bytes; [View.Fold] says what can be folded away,
// [View.Columns] and [View.Cells] give tables, [View.Image] pictures. [Contradicts] judges a payload for every message.
//
// [Render] gives the views of a payload, the best first: by its Content-Format where it has one and
// the payload keeps to it, else by looking at the bytes. Hex is always the last of them. Views are laid
// out when they are first asked for a line, in bounded time and memory, and say in their note what they
// leave out. No payload makes them fail: what is malformed is shown up to the mistake, with the mistake.
//
// A payload may hold others: parts of multipart-core, the content of COSE structures. Each is shown by its own
// best view, and all of them share one allowance of depth, number and inflated bytes. A content coding is undone
// before anything is shown; the spans of such views point nowhere, because their bytes are not in the payload.
//
// The CBOR views have a walker of their own, so that each span of text knows its bytes and
// encodings that are longer than they need to be can be seen. [EncodeDiagnostic] reads what
// [Diagnostic] writes, to the same bytes.
package payload
