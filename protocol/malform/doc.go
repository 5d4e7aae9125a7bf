// Package malform makes messages that break a rule, and says what the RFCs ask of whoever receives one.
//
// A [Preset] turns a message into one that breaks one rule, so that what follows from that rule can be seen. [Expect]
// reads any datagram as a recipient does and gives the reactions that are right; it looks at nothing but the bytes, so
// it holds for what was made by hand as well. [Judge] holds what a peer did against that.
//
// # What a recipient may do
//
// Three things decide, in this order: the version and type of the message (RFC 7252 §3, §4.2, §4.3), whether the
// message format is kept, and, of a request, its options and method. Where RFCs differ, all that one of them asks for
// is right: a token of 9 bytes is a message format error in RFC 7252 and a token in RFC 8974, and an endpoint need not
// know options that are younger than RFC 7252. Where a message has several faults, no RFC says which of them is
// answered, so the reaction to each is right.
package malform
