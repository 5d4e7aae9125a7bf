// Package filter is a small language to ask for packets, close to Wireshark's display filters:
//
//	code.class == 2 && uri contains "temp" && rtt > 20ms
//	observe and not role == stale
//	token in {a1f3, b0} || option.3332 == 0a0b
//	peer == 192.0.2.0/24 && finding matches "^block-"
//
// A comparison is a field, an operator and a value; a field alone asks whether it is present. Fields are rows
// of one table (see [Fields]); each can be a column of a list too. The same field may have several values, as
// Uri-Path has: a comparison holds if it does for any of them, and != if the field is there and no value is equal.
//
// A text that asks for nothing in this language is words, all of which have to occur in the packet's row; see
// [Compile] for the boundary.
package filter
