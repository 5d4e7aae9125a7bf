// Package protocol is CoAP as data: messages, codes, options, content formats,
// block and observe values, URIs, and the wire format of RFC 7252 over UDP.
//
// It opens no socket, reads no clock and starts no goroutine.
//
// # The wire format (RFC 7252 §3)
//
//	 0                   1                   2                   3
//	 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|Ver| T |  TKL  |      Code     |          Message ID           |
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|   Token (if any, TKL bytes; extended by RFC 8974) ...
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|   Options (if any) ...
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//	|1 1 1 1 1 1 1 1|    Payload (if any) ...
//	+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//
// There is exactly one encoding of each message, so what [Message.Parse] accepts
// is given back by [Message.Append] byte for byte: unknown numbers, repeated
// options and option values of illegal length are kept as they came. Whether a
// value makes sense is not for the codec to judge; package dissect does.
package protocol
