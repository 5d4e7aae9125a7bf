package malform

import (
	"fmt"

	"coapscope/protocol"
)

var headerPresets = []Preset{
	{
		"version-0", HeaderGroup, "Version 0", "The version is 0, which no RFC defines.",
		"RFC 7252 §3", version(0),
	},
	{
		"version-2", HeaderGroup, "Version 2", "The version is 2, which is kept for the future.",
		"RFC 7252 §3", version(2),
	},
	{
		"version-3", HeaderGroup, "Version 3", "The version is 3, which is kept for the future.",
		"RFC 7252 §3", version(3),
	},
	{
		"header-1-byte", HeaderGroup, "One byte of header", "The datagram ends after its first byte.",
		"RFC 7252 §3", header(1),
	},
	{
		"header-3-bytes", HeaderGroup, "Three bytes of header", "The datagram ends within the message ID.",
		"RFC 7252 §3", header(3),
	},
	{
		"token-length-9", HeaderGroup, "Token length 9", "A token of 9 bytes: RFC 7252 reserves the length, RFC 8974 allows it.",
		"RFC 7252 §3", token(9),
	},
	{
		"token-length-10", HeaderGroup, "Token length 10", "A token of 10 bytes: RFC 7252 reserves the length, RFC 8974 allows it.",
		"RFC 7252 §3", token(10),
	},
	{
		"token-length-11", HeaderGroup, "Token length 11", "A token of 11 bytes: RFC 7252 reserves the length, RFC 8974 allows it.",
		"RFC 7252 §3", token(11),
	},
	{
		"token-length-12", HeaderGroup, "Token length 12", "A token of 12 bytes: RFC 7252 reserves the length, RFC 8974 allows it.",
		"RFC 7252 §3", token(12),
	},
	{
		"token-length-13", HeaderGroup, "Token length 13: 8 bits follow", "A token of 20 bytes, with its length in a byte of its own (RFC 8974). RFC 7252 reserves that.",
		"RFC 8974 §2.1", token(20),
	},
	{
		"token-length-14", HeaderGroup, "Token length 14: 16 bits follow", "A token of 300 bytes, with its length in two bytes of their own (RFC 8974). RFC 7252 reserves that.",
		"RFC 8974 §2.1", token(300),
	},
	{
		"token-length-15", HeaderGroup, "Token length 15", "Token length 15 is reserved in RFC 7252 and in RFC 8974.",
		"RFC 8974 §2.1", tokenLength(15),
	},
	{
		"token-length-13-cut-off", HeaderGroup, "Token length 13, cut off", "The message ends where the extended token length should be.",
		"RFC 8974 §2.1", cutHeader(13),
	},
	{
		"token-length-14-cut-off", HeaderGroup, "Token length 14, cut off", "The message ends within the extended token length.",
		"RFC 8974 §2.1", cutHeader(14, 0),
	},
	{
		"token-cut-off", HeaderGroup, "Token cut off", "The token length is 8, and the message ends after one byte of token.",
		"RFC 7252 §3", cutHeader(8, 0x2a),
	},
}

// version sets the version bits.
func version(v byte) maker {
	return func(message []byte) ([]byte, error) {
		if _, err := read(message); err != nil {
			return nil, err
		}
		b := append([]byte(nil), message...)
		b[0] = b[0]&0x3f | v<<6
		return b, nil
	}
}

// header leaves so many bytes.
func header(n int) maker {
	return func(message []byte) ([]byte, error) {
		if _, err := read(message); err != nil {
			return nil, err
		}
		return append([]byte(nil), message[:n]...), nil
	}
}

// token gives the message a token of that length: the one it has, and more.
func token(n int) maker {
	return func(message []byte) ([]byte, error) {
		m, err := read(message)
		switch {
		case err != nil:
			return nil, err
		case m.Code == protocol.Empty:
			return nil, errEmpty
		}
		t := m.Token.Bytes()
		for len(t) < n {
			t = append(t, byte(0xa0+len(t)))
		}
		m.Token = protocol.TokenOf(t[:n])
		return write(&m)
	}
}

// tokenLength sets the field alone.
func tokenLength(n byte) maker {
	return func(message []byte) ([]byte, error) {
		m, err := read(message)
		switch {
		case err != nil:
			return nil, err
		case m.Code == protocol.Empty:
			return nil, errEmpty
		}
		b := append([]byte(nil), message...)
		b[0] = b[0]&0xf0 | n
		return b, nil
	}
}

// cutHeader leaves the header with another token length, and bytes behind it.
func cutHeader(n byte, behind ...byte) maker {
	set := tokenLength(n)
	return func(message []byte) ([]byte, error) {
		b, err := set(message)
		if err != nil {
			return nil, err
		}
		return append(b[:protocol.HeaderLength], behind...), nil
	}
}

var typePresets = []Preset{
	{
		"ping", TypeGroup, "Empty CON: ping", "Nothing: an Empty Confirmable message asks for a Reset.",
		"RFC 7252 §4.3", emptied(protocol.Confirmable),
	},
	{
		"empty-non", TypeGroup, "Empty NON", "A Non-confirmable message must not be Empty.",
		"RFC 7252 §4.3", emptied(protocol.NonConfirmable),
	},
	{
		"empty-ack", TypeGroup, "Empty ACK of nothing", "Nothing was sent that it could acknowledge.",
		"RFC 7252 §4.2", emptied(protocol.Acknowledgement),
	},
	{
		"empty-reset", TypeGroup, "Reset of nothing", "Nothing was sent that it could reject.",
		"RFC 7252 §4.2", emptied(protocol.Reset),
	},
	{
		"ack-request", TypeGroup, "ACK with a request", "An Acknowledgement carries a response or nothing.",
		"RFC 7252 §4.2", as(protocol.Acknowledgement, protocol.GET, false),
	},
	{
		"ack-response", TypeGroup, "ACK with a response", "The response in the Acknowledgement is to a request that nobody sent.",
		"RFC 7252 §5.3.2", as(protocol.Acknowledgement, protocol.Content, true),
	},
	{
		"ack-reserved-class", TypeGroup, "ACK with code 6.00", "A code of a reserved class in an Acknowledgement.",
		"RFC 7252 §4.2", as(protocol.Acknowledgement, protocol.MakeCode(6, 0), true),
	},
	{
		"ack-malformed", TypeGroup, "ACK with a format error", "An Acknowledgement with option delta 15.",
		"RFC 7252 §3.1", ended([]byte{0xf0}, func(m *protocol.Message) { m.Type, m.Code = protocol.Acknowledgement, protocol.Content }),
	},
	{
		"reset-request", TypeGroup, "Reset with a request", "A Reset has to be Empty.",
		"RFC 7252 §4.2", as(protocol.Reset, protocol.GET, false),
	},
	{
		"reset-response", TypeGroup, "Reset with a response", "A Reset has to be Empty.",
		"RFC 7252 §4.2", as(protocol.Reset, protocol.Content, true),
	},
	{
		"empty-with-token", TypeGroup, "Empty with a token", "An Empty message ends after the message ID, with token length 0.",
		"RFC 7252 §4.1", emptyWith(2, 0xca, 0xfe),
	},
	{
		"empty-with-option", TypeGroup, "Empty with an option", "An Empty message ends after the message ID.",
		"RFC 7252 §4.1", emptyWith(0, 0xb1, 'x'),
	},
	{
		"empty-with-payload", TypeGroup, "Empty with a payload", "An Empty message ends after the message ID.",
		"RFC 7252 §4.1", emptyWith(0, 0xff, 'x'),
	},
}

// emptied leaves an Empty message of that type.
func emptied(t protocol.Type) maker {
	return changed(func(m *protocol.Message) { *m = protocol.Message{Type: t, MessageID: m.MessageID} })
}

// as changes type and code. A request keeps the code that it has; what becomes a response keeps the token and a payload.
func as(t protocol.Type, c protocol.Code, response bool) maker {
	return changed(func(m *protocol.Message) {
		if m.Type = t; response {
			m.Code, m.Options = c, nil
			respond(m)
		} else if !m.Code.IsRequest() {
			m.Code = c
		}
	})
}

// respond gives a message what a response has.
func respond(m *protocol.Message) {
	m.Options = protocol.Options{}.AddUint(protocol.ContentFormatOption, uint64(protocol.TextPlain))
	m.Payload = []byte("unasked")
}

// emptyWith is an Empty message with something behind the message ID.
func emptyWith(tokenLength byte, behind ...byte) maker {
	return func(message []byte) ([]byte, error) {
		m, err := read(message)
		if err != nil {
			return nil, err
		}
		carry(&m)
		b, err := write(&protocol.Message{Type: m.Type, MessageID: m.MessageID})
		if err != nil {
			return nil, err
		}
		b[0] |= tokenLength
		return append(b, behind...), nil
	}
}

var codePresets = []Preset{
	{
		"class-1", CodeGroup, "Class 1: 1.00", "Class 1 is reserved.",
		"RFC 7252 §12.1", withCode(protocol.MakeCode(1, 0)),
	},
	{
		"class-3", CodeGroup, "Class 3: 3.03", "Class 3 is reserved; it looks as a redirection in HTTP.",
		"RFC 7252 §3", withCode(protocol.MakeCode(3, 3)),
	},
	{
		"class-6", CodeGroup, "Class 6: 6.00", "Class 6 is reserved.",
		"RFC 7252 §12.1", withCode(protocol.MakeCode(6, 0)),
	},
	{
		"signaling", CodeGroup, "Class 7: 7.02 Ping", "Signalling codes belong to reliable transports (RFC 8323).",
		"RFC 7252 §4.2", withCode(protocol.Ping),
	},
	{
		"method-unknown", CodeGroup, "Method 0.31", "No method has this code.",
		"RFC 7252 §5.8", withCode(protocol.MakeCode(0, 31)),
	},
	unasked(protocol.Content, "A response that nobody asked for."),
	unasked(protocol.NotFound, "An error response that nobody asked for."),
	unasked(protocol.InternalServerError, "An error response that nobody asked for."),
	unasked(protocol.MakeCode(2, 31), "2.31 Continue that nobody asked for, without Block1."),
	unasked(protocol.MakeCode(5, 31), "A response that nobody asked for, with a code that is not registered."),
}

// unasked is a response sent as if it was a request.
func unasked(c protocol.Code, breaks string) Preset {
	return Preset{
		fmt.Sprintf("response-%d-%02d", c.Class(), c.Detail()), CodeGroup, "Response nobody asked for: " + c.Dotted(), breaks,
		"RFC 7252 §5.3.2", changed(func(m *protocol.Message) {
			carry(m)
			m.Code = c
			respond(m)
		}),
	}
}
