package lab

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/udp/coder"
)

// Codes that go-coap does not name.
const (
	codeFETCH  codes.Code = 5 // RFC 8132 §2
	codePATCH  codes.Code = 6 // RFC 8132 §3
	codeIPATCH codes.Code = 7 // RFC 8132 §3

	codeConflict      codes.Code = 4<<5 | 9  // RFC 8132 §4
	codeHopLimit      codes.Code = 5<<5 | 8  // RFC 8768 §3
	codeUnprocessable codes.Code = 4<<5 | 22 // RFC 8132 §4
)

// Option numbers that go-coap does not name.
const (
	optHopLimit   message.OptionID = 16  // RFC 8768 §3
	optQBlock1    message.OptionID = 19  // RFC 9177 §4.1
	optQBlock2    message.OptionID = 31  // RFC 9177 §4.1
	optEcho       message.OptionID = 252 // RFC 9175 §2.2.1
	optRequestTag message.OptionID = 292 // RFC 9175 §3.2.1
)

// Content formats that go-coap does not name.
const (
	formatMissing    message.MediaType = 272 // application/missing-blocks+cbor-seq, RFC 9177 §12.3
	formatSenMLJSON  message.MediaType = 110 // RFC 8428 §12.3.1
	formatSenMLCBOR  message.MediaType = 112 // RFC 8428 §12.3.2
	formatMergePatch message.MediaType = 52  // RFC 7396
)

// class returns the class of a code, the c of c.dd (RFC 7252 §3).
func class(c codes.Code) uint8 { return uint8(c) >> 5 }

// header is the fixed header and token of a message on UDP (RFC 7252 §3, tokens of RFC 8974 §2.1).
type header struct {
	version uint8
	typ     message.Type
	code    codes.Code
	mid     uint16
	token   []byte
}

// errShort is returned for a datagram without a whole fixed header; there is nothing to answer to.
var errShort = errors.New("datagram is shorter than the four octets of a header")

// parseHeader reads the fixed header and the token, and returns what follows. When it fails after the fixed header the
// fields of that are filled in, so that the message can be rejected.
func parseHeader(b []byte, extended bool) (header, []byte, error) {
	if len(b) < 4 {
		return header{}, nil, errShort
	}
	h := header{
		version: b[0] >> 6,
		typ:     message.Type(b[0] >> 4 & 3),
		code:    codes.Code(b[1]),
		mid:     binary.BigEndian.Uint16(b[2:]),
	}
	n, rest := int(b[0]&0xf), b[4:]
	switch {
	case n == 13 && extended && len(rest) >= 1:
		n, rest = 13+int(rest[0]), rest[1:]
	case n == 14 && extended && len(rest) >= 2:
		n, rest = 269+int(binary.BigEndian.Uint16(rest)), rest[2:]
	case n > message.MaxTokenSize && (n > 12 || !extended): // RFC 8974 §2.1
		return h, nil, fmt.Errorf("token length %d is reserved", n)
	}
	if len(rest) < n {
		return h, nil, fmt.Errorf("token of %d octets is cut off after %d", n, len(rest))
	}
	h.token = slices.Clone(rest[:n])
	return h, rest[n:], nil
}

// parseBody reads options and payload. Options are kept whatever their number and length.
func parseBody(b []byte) (message.Options, []byte, error) {
	options, n, err := parseOptions(b)
	if err != nil {
		return nil, nil, fmt.Errorf("options: %w", err)
	}
	if n == len(b) && n > 0 && b[n-1] == 0xff {
		// The last octet is a marker if the options before it are whole without it.
		if _, m, err := parseOptions(b[:n-1]); err == nil && m == n-1 {
			return nil, nil, errors.New("payload marker without a payload")
		}
	}
	for i := range options {
		options[i].Value = slices.Clone(options[i].Value)
	}
	return options, slices.Clone(b[n:]), nil
}

// parseOptions returns the options and the number of octets up to the payload, marker included. go-coap's decoder wants
// room in advance; few messages have more than 16 options, none has more options than octets.
func parseOptions(b []byte) (message.Options, int, error) {
	options := make(message.Options, 0, 16)
	n, err := options.Unmarshal(b, nil)
	if errors.Is(err, message.ErrOptionsTooSmall) {
		options = make(message.Options, 0, len(b))
		n, err = options.Unmarshal(b, nil)
	}
	return options, n, err
}

// encode builds a message with go-coap's encoder. Tokens longer than that can carry are put in after it.
func encode(h header, options message.Options, payload []byte) []byte {
	m := message.Message{
		Token: h.token, Options: options, Code: h.code, Payload: payload, MessageID: int32(h.mid), Type: h.typ,
	}
	if len(h.token) > message.MaxTokenSize {
		m.Token = nil
	}
	size, err := coder.DefaultCoder.Size(m)
	if err != nil {
		return emptyMessage(message.Reset, h.mid)
	}
	b := make([]byte, size)
	if _, err := coder.DefaultCoder.Encode(m, b); err != nil {
		return emptyMessage(message.Reset, h.mid)
	}
	switch n := len(h.token); {
	case n >= 269:
		b[0] |= 14
		ext := binary.BigEndian.AppendUint16(nil, uint16(n-269))
		b = slices.Insert(b, 4, append(ext, h.token...)...)
	case n >= 13:
		b[0] |= 13
		b = slices.Insert(b, 4, append([]byte{uint8(n - 13)}, h.token...)...)
	case n > message.MaxTokenSize:
		b[0] |= uint8(n)
		b = slices.Insert(b, 4, h.token...)
	}
	return b
}

// emptyMessage builds an Empty message: a bare ACK or Reset (RFC 7252 §4.1).
func emptyMessage(t message.Type, mid uint16) []byte {
	return []byte{1<<6 | uint8(t)<<4, 0, uint8(mid >> 8), uint8(mid)}
}

// request is a request as a resource sees it.
type request struct {
	header
	peer      netip.AddrPort
	multicast bool
	options   message.Options
	payload   []byte
}

// path returns the Uri-Path segments joined by slashes, without a leading one.
func (r *request) path() string { return strings.Join(r.strings(message.URIPath), "/") }

// query returns the value of the first Uri-Query option "name=value".
func (r *request) query(name string) (string, bool) {
	for _, q := range r.strings(message.URIQuery) {
		if k, v, ok := strings.Cut(q, "="); ok && k == name {
			return v, true
		}
	}
	return "", false
}

func (r *request) strings(id message.OptionID) []string {
	var all []string
	for _, o := range r.options {
		if o.ID == id {
			all = append(all, string(o.Value))
		}
	}
	return all
}

func (r *request) has(id message.OptionID) bool { return r.options.HasOption(id) }

// uint returns the value of an option in uint format.
func (r *request) uint(id message.OptionID) (uint32, bool) {
	v, err := r.options.GetUint32(id)
	return v, err == nil
}

// accept returns the content format asked for (RFC 7252 §5.10.4).
func (r *request) accept() (message.MediaType, bool) {
	v, ok := r.uint(message.Accept)
	return message.MediaType(v), ok
}

// format returns the content format of the payload, plain text where it is not said.
func (r *request) format() message.MediaType {
	v, _ := r.uint(message.ContentFormat)
	return message.MediaType(v)
}

// response is what a resource answers; token, type and message ID come later.
type response struct {
	code    codes.Code
	options message.Options
	payload []byte
	deliver delivery // nil: piggybacked on the ACK, or NON for NON
}

// delivery sends a response in a way of its own. It is called with the device locked.
type delivery func(d *device, r *request, resp response)

func (r response) add(id message.OptionID, value []byte) response {
	r.options = slices.Clone(r.options).Add(message.Option{ID: id, Value: value})
	return r
}

func (r response) addUint(id message.OptionID, v uint32) response { return r.add(id, uintValue(v)) }

func (r response) has(id message.OptionID) bool { return r.options.HasOption(id) }

func (r response) via(d delivery) response {
	r.deliver = d
	return r
}

// uintValue is the uint format of RFC 7252 §3.2: no leading zeros, nothing for zero.
func uintValue(v uint32) []byte {
	b := binary.BigEndian.AppendUint32(nil, v)
	for len(b) > 0 && b[0] == 0 {
		b = b[1:]
	}
	return b
}

// status is a response without content; a text becomes its diagnostic payload (RFC 7252 §5.5.2).
func status(c codes.Code, diagnostic ...string) response {
	return response{code: c, payload: []byte(strings.Join(diagnostic, ""))}
}

// content is a 2.05 with a payload in a content format.
func content(format message.MediaType, payload []byte) response {
	r := response{code: codes.Content, payload: payload}
	return r.addUint(message.ContentFormat, uint32(format))
}

func (r response) maxAge(seconds uint32) response { return r.addUint(message.MaxAge, seconds) }

func (r response) etag(tag []byte) response { return r.add(message.ETag, tag) }
