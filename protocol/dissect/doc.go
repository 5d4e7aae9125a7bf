// Package dissect takes a CoAP message apart down to the bit. Any bytes, in the framing of UDP, TCP or WebSockets,
// become a [Tree] of Fields, each with the span of bits that it stands for, and Findings for what breaks a rule. It
// never fails: where bytes cannot be read any further, what came before stays, and the rest is one Undecodable field.
//
// # Fields
//
// The fields lie in one slice in preorder, so a subtree is a range of it:
//
//	Header > Version, Message type, Token length, Code > Class, Detail; Message ID   (RFC 7252 §3)
//	Header > Length, Token length, extended Length, Code > Class, Detail             (RFC 8323 §3.2, §4.2)
//	Token length extension
//	Token
//	Options > Option > Delta, Length, their extensions, Value > parts of the value
//	Payload > Payload marker, Data
//
// Each kind of part is there only if it has at least one bit. The leaves cover every bit of the bytes exactly
// once and in order, which is what a bit grid draws. Dissecting makes no text; [Tree.Name], [Tree.Value],
// [Tree.Label], [Tree.Explain] and [Tree.Reference] make it for what is looked at. What the registries do not have
// is named by Tree.Names, if a person has named it.
//
// # Findings
//
// A rule is a row of one table (see [Rules]) and a place in one of the check files that reports it. Rules of
// message format are those for which protocol.Message.ParseFraming rejects the bytes: there is a finding of one of
// them exactly if it returns an error. All others are about sense, and the parser is silent about them. Only what
// one message can show is judged here; package session/lint judges a message by those before it.
//
// # Edits
//
// [Tree.SetField] and its kin give new bytes with one thing changed, to be dissected anew; the tree stays as it is.
// Lengths follow the values that they count. Numbers of the format itself are changed as they are, so that
// malformed messages can be made.
package dissect
