package lab

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// maxWait is how long a client can make the difficult device wait.
const maxWait = 120 * time.Second

// Option numbers without a definition, in the range of RFC 7252 §12.2 for experiments.
const (
	unknownElective message.OptionID = 65000
	unknownCritical message.OptionID = 65001
)

// buildDifficult sets up a device that does what RFCs allow and clients forget, and what RFCs forbid and devices do.
// Its link loses datagrams, and sends some twice, whatever they are.
func buildDifficult(d *device) {
	d.quick, d.extendedTokens, d.tokenLimit = true, true, 64
	text := []message.MediaType{message.TextPlain}
	d.at("", "difficult", link{rt: "lab.device", iface: "core.rp", ct: text}).
		text("Difficult device. One datagram in five gets lost, each way.\n")
	// odd adds a resource that answers a fixed text to any method but DELETE in a way of its own.
	odd := func(path, title string, how delivery) {
		h := func(*request) response { return content(message.TextPlain, []byte(title+"\n")).via(how) }
		d.at(path, title, link{rt: "lab.odd", iface: "core.rp", ct: text}).get(h).put(h).post(h)
	}
	buildTiming(d, odd)
	buildErrors(d)
	buildMalformed(odd)
	buildMismatched(odd)
	buildOddOptions(odd)
	buildOddObserve(d)
	buildOddBlocks(d)
	buildEcho(d)
	buildOverload(d)
	d.at("reboot", "POST: forgets all clients and starts anew", link{rt: "lab.control", iface: "core.p"}).
		post(func(*request) response {
			return status(codes.Changed).via(func(d *device, r *request, resp response) {
				d.reply(r, d.wire(r, resp))
				d.forget()
			})
		})
}

// wait reads the query s=SECONDS.
func wait(r *request, usual time.Duration) time.Duration {
	if v, ok := r.query("s"); ok {
		if seconds, err := strconv.ParseFloat(v, 64); err == nil && seconds >= 0 {
			return min(time.Duration(seconds*float64(time.Second)), maxWait)
		}
	}
	return usual
}

func buildTiming(d *device, odd func(path, title string, how delivery)) {
	odd("separate", "Acknowledged at once, answered a second later", separately(time.Second))
	odd("slow", "Separate answer after ?s=SECONDS, 3 by default", func(d *device, r *request, resp response) {
		separately(wait(r, 3*time.Second))(d, r, resp)
	})
	odd("late", "Piggybacked answer after ?s=SECONDS, 3 by default, and no acknowledgement before", func(d *device, r *request, resp response) {
		d.after(wait(r, 3*time.Second), func() { d.reply(r, d.wire(r, resp)) })
	})
	odd("duplicate", "Every answer comes twice", func(d *device, r *request, resp response) {
		wire := d.wire(r, resp)
		d.reply(r, wire)
		d.transmit(r.peer, wire)
	})
	odd("no-ack", "Separate answer without an acknowledgement", func(d *device, r *request, resp response) {
		h := header{typ: r.typ, code: resp.code, mid: d.nextMID(), token: r.token}
		wire := encode(h, resp.options, resp.payload)
		if r.typ == message.Confirmable {
			d.confirm(exchange{r.peer, h.mid}, wire, func(outcome) {})
		} else {
			d.transmit(r.peer, wire)
		}
	})
	odd("ack-only", "Acknowledged and never answered", func(d *device, r *request, _ response) {
		if r.typ == message.Confirmable {
			d.reply(r, emptyMessage(message.Acknowledgement, r.mid))
		}
	})
	odd("silent", "Never answers", func(*device, *request, response) {})
	odd("reset", "Answers with a Reset", func(d *device, r *request, _ response) {
		d.reply(r, emptyMessage(message.Reset, r.mid))
	})
}

// errorCodes are the registered error codes (RFC 7252 §12.1.2 and later).
var errorCodes = []codes.Code{
	codes.BadRequest, codes.Unauthorized, codes.BadOption, codes.Forbidden, codes.NotFound, codes.MethodNotAllowed,
	codes.NotAcceptable, codes.RequestEntityIncomplete, codeConflict, codes.PreconditionFailed,
	codes.RequestEntityTooLarge, codes.UnsupportedMediaType, codeUnprocessable, codes.TooManyRequests,
	codes.InternalServerError, codes.NotImplemented, codes.BadGateway, codes.ServiceUnavailable,
	codes.GatewayTimeout, codes.ProxyingNotSupported, codeHopLimit,
}

// vendorCodes are codes without a definition: of a known class, of a reserved one, a method and a signal as answers.
var vendorCodes = []codes.Code{2<<5 | 29, 3<<5 | 1, 4<<5 | 30, 5<<5 | 31, 6 << 5, 7<<5 | 2, 30}

func dotted(c codes.Code) string { return fmt.Sprintf("%d.%02d", class(c), uint8(c)&31) }

func buildErrors(d *device) {
	for _, c := range errorCodes {
		h := func(*request) response {
			resp := status(c, "this resource always answers "+dotted(c))
			if c == codes.ServiceUnavailable || c == codes.TooManyRequests {
				resp = resp.maxAge(5) // when to try again: RFC 7252 §5.9.3.4, RFC 8516 §4
			}
			return resp
		}
		d.at("error/"+dotted(c), "Always "+dotted(c), link{rt: "lab.error"}).get(h).put(h).post(h).on(codes.DELETE, h)
	}
	for _, c := range vendorCodes {
		d.at("code/"+dotted(c), "Answers with the code "+dotted(c), link{rt: "lab.odd"}).
			get(func(*request) response { return status(c, "vendor code "+dotted(c)) })
	}
}

// mangled sends what the usual response becomes after a change of its octets.
func mangled(change func(wire []byte, tokenLength int) []byte) delivery {
	return func(d *device, r *request, resp response) {
		d.reply(r, change(d.wire(r, resp), len(r.token)))
	}
}

func buildMalformed(odd func(path, title string, how delivery)) {
	// after keeps header and token and puts something else behind them.
	after := func(tail ...byte) delivery {
		return mangled(func(wire []byte, tkl int) []byte { return append(wire[:4+tkl:4+tkl], tail...) })
	}
	odd("malformed/marker", "Payload marker without a payload (RFC 7252 §3)", after(0xff))
	odd("malformed/tkl9", "Token length 9, which is reserved (RFC 7252 §3)", mangled(func(wire []byte, _ int) []byte {
		wire[0] = wire[0]&0xf0 | 9
		return wire
	}))
	odd("malformed/version", "Version 2 (RFC 7252 §3)", mangled(func(wire []byte, _ int) []byte {
		wire[0] = wire[0]&0x3f | 2<<6
		return wire
	}))
	odd("malformed/truncated-token", "Token cut off (RFC 7252 §3)", mangled(func(wire []byte, _ int) []byte {
		wire[0] = wire[0]&0xf0 | 8
		return wire[:6]
	}))
	odd("malformed/truncated-option", "Option past the end (RFC 7252 §3.1)", after(0xc8, 'c', 'u', 't'))
	odd("malformed/nibble15", "Option delta 15 that is no marker (RFC 7252 §3.1)", after(0xf1, 0x00))
	odd("malformed/number", "Option number over 65535 (RFC 7252 §3.1)", after(0xe0, 0xff, 0xff, 0x10))
	odd("malformed/short", "Three octets", mangled(func(wire []byte, _ int) []byte { return wire[:3] }))
	odd("malformed/empty", "Code 0.00 with token and payload (RFC 7252 §4.1)", mangled(func(wire []byte, _ int) []byte {
		wire[1] = 0
		return wire
	}))
}

func buildMismatched(odd func(path, title string, how delivery)) {
	odd("wrong-token", "Answers with another token", mangled(func(wire []byte, tkl int) []byte {
		if tkl > 0 {
			wire[4+tkl-1] ^= 0xff
			return wire
		}
		wire[0]++
		return append(wire[:4:4], append([]byte{0x55}, wire[4:]...)...)
	}))
	odd("wrong-mid", "Answers with another message ID", mangled(func(wire []byte, _ int) []byte {
		binary.BigEndian.PutUint16(wire[2:], binary.BigEndian.Uint16(wire[2:])+1)
		return wire
	}))
	odd("other-port", "Answers from another port", func(d *device, r *request, resp response) {
		if !d.chance(d.loss) {
			d.write(d.side, r.peer, d.wire(r, resp))
		}
	})
}

func buildOddOptions(odd func(path, title string, how delivery)) {
	// with sends the usual response with one more option.
	with := func(id message.OptionID, value []byte) delivery {
		return func(d *device, r *request, resp response) { d.reply(r, d.wire(r, resp.add(id, value))) }
	}
	odd("options/elective", "An unknown elective option", with(unknownElective, []byte("hello")))
	odd("options/critical", "An unknown critical option, so that a client must reject the answer", with(unknownCritical, []byte("hello")))
	odd("options/leading-zero", "Max-Age with leading zeros (RFC 7252 §3.2)", with(message.MaxAge, []byte{0, 0, 30}))
	odd("options/long-uint", "Max-Age of five octets (RFC 7252 §5.10.5)", with(message.MaxAge, []byte{0, 0, 0, 0, 30}))
	odd("options/vendor", "Vendor options 3332, 3412 and 3420", func(d *device, r *request, resp response) {
		resp = resp.add(3332, []byte{0x00, 0x24, 0xbe, 0xff, 0xfe, 0x80, 0x4f, 0xf1}).addUint(3412, 3600).addUint(3420, 4711)
		d.reply(r, d.wire(r, resp))
	})
}

func buildOddObserve(d *device) {
	text := []message.MediaType{message.TextPlain}
	count := series{d, time.Second}
	add := func(path, title string, s *subject) {
		s.period = count.period
		d.at(path, title, link{rt: "lab.odd", iface: "core.s", ct: text}).observable(s).get(func(*request) response {
			return content(message.TextPlain, strconv.AppendInt(nil, count.n(), 10)).maxAge(3)
		})
	}
	add("obs/steady", "Observable, changes every second, NON", &subject{})
	add("obs/reordered", "Every third notification carries an old sequence number", &subject{
		twist: func(n int, seq uint32) (uint32, bool) {
			if n%3 == 0 {
				seq -= 2
			}
			return seq & (1<<24 - 1), true
		},
	})
	add("obs/stalled", "Notifications end after the third", &subject{
		twist: func(n int, seq uint32) (uint32, bool) { return seq, n <= 3 },
	})
}
