// Package dissect takes a CoAP datagram apart down to the bit. Any bytes become a [Tree] of Fields, each
// with the span of bits that it stands for, and Findings for what breaks a rule. It never fails: where bytes
// cannot be read any further, what came before stays, and the rest is one Undecodable field.
//
// # Fields
//
// The fields lie in one slice in preorder, so a subtree is a range of it:
//
//	Header > Version, Message type, Token length, Code > Class, Detail; Message ID
//	Token length extension
//	Token
//	Options > Option > Delta, Length, their extensions, Value > parts of the value
//	Payload > Payload marker, Data
//
// Each kind of part is there only if it has at least one bit. The leaves cover every bit of the bytes exactly
// once and in order, which is what a bit grid draws. Dissecting makes no text; [Tree.Name], [Tree.Value],
// [Tree.Label], [Tree.Explain] and [Tree.Reference] make it for what is looked at.
//
// # Findings
//
// A rule is a row of one table (see [Rules]) and a place in one of the check files that reports it. Rules of
// message format are those for which protocol.Parse rejects the bytes: there is a finding of one of them
// exactly if Parse returns an error. All others are about sense, and Parse is silent about them.
package dissect
