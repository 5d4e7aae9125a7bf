package lab

import (
	"bytes"
	"encoding/binary"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// echoLife is how long an Echo value proves that a request is fresh.
const echoLife = 10 * time.Second

// challenge returns an Echo value: the time since the device was started in milliseconds, and a code over it that only
// the device can make, and only until its next reboot (RFC 9175 §A, item 2).
func (d *device) challenge() []byte {
	return d.seal(uint32(d.now().Sub(d.started) / time.Millisecond))
}

func (d *device) seal(when uint32) []byte {
	b := binary.BigEndian.AppendUint32(nil, when)
	h := fnv.New64a()
	h.Write(binary.BigEndian.AppendUint64(nil, d.echoKey))
	h.Write(b)
	return binary.BigEndian.AppendUint32(b, uint32(h.Sum64()>>16))
}

// isFresh tells whether the request carries an Echo value of this device that is not too old (RFC 9175 §2.3).
func (d *device) isFresh(r *request) bool {
	v, err := r.options.GetBytes(optEcho)
	if err != nil || len(v) != 8 {
		return false
	}
	when := binary.BigEndian.Uint32(v)
	age := d.now().Sub(d.started) - time.Duration(when)*time.Millisecond
	return bytes.Equal(v, d.seal(when)) && age >= 0 && age < echoLife
}

// demandEcho is a guard that wants a fresh Echo value.
func (d *device) demandEcho(r *request) (response, bool) {
	if d.isFresh(r) {
		return response{}, true
	}
	return status(codes.Unauthorized, "send it again with this Echo value").add(optEcho, d.challenge()), false
}

// buildLock adds a lock that is turned by fresh requests only: the example of RFC 9175 §2.3.
func buildLock(d *device) {
	const path = "actuators/lock"
	locked := true
	word := func() []byte {
		if locked {
			return []byte("1")
		}
		return []byte("0")
	}
	res := d.at(path, "Lock: PUT 0 or 1, with a fresh Echo", link{rt: "lock", iface: "core.a", ct: []message.MediaType{message.TextPlain}})
	res.guard = func(r *request) (response, bool) {
		if r.code == codes.GET {
			return response{}, true
		}
		return d.demandEcho(r)
	}
	res.observable(&subject{confirm: 1}).get(func(r *request) response {
		return tagged(negotiate(r, form{message.TextPlain, word}))
	}).put(func(r *request) response {
		switch string(r.payload) {
		case "0", "1":
		default:
			return status(codes.BadRequest, "send 0 or 1")
		}
		if next := string(r.payload) == "1"; next != locked {
			locked = next
			d.notify(path)
		}
		return status(codes.Changed).add(optEcho, d.challenge()) // for the next request
	}, message.TextPlain)
}

// buildEcho adds resources that use Echo in ways that are allowed, and one that is never content.
func buildEcho(d *device) {
	text := []message.MediaType{message.TextPlain}
	d.at("echo/preemptive", "Every answer has an Echo value, none is wanted", link{rt: "lab.echo", ct: text}).
		get(func(r *request) response {
			said := "no fresh Echo value came\n"
			if d.isFresh(r) {
				said = "a fresh Echo value came\n"
			}
			return content(message.TextPlain, []byte(said)).add(optEcho, d.challenge())
		})

	var issued []byte
	used := uint32(0)
	once := d.at("echo/once", "An Echo value is good for one request", link{rt: "lab.echo", ct: text})
	once.guard = func(r *request) (response, bool) {
		v, err := r.options.GetBytes(optEcho)
		if err == nil && issued != nil && bytes.Equal(v, issued) {
			issued = nil
			return response{}, true
		}
		used++
		issued = d.seal(used)
		return status(codes.Unauthorized).add(optEcho, issued), false
	}
	once.text("fresh\n").post(func(*request) response { return status(codes.Changed) })

	endless := d.at("echo/endless", "No Echo value is ever fresh enough", link{rt: "lab.echo", ct: text})
	endless.guard = func(*request) (response, bool) {
		used++
		return status(codes.Unauthorized, "still not fresh").add(optEcho, d.seal(used)), false
	}
	endless.text("unreachable\n").put(func(*request) response { return status(codes.Changed) })

	count := series{d, time.Second}
	observed := d.at("echo/observed", "Observable, registered with a fresh Echo value only", link{rt: "lab.echo", ct: text})
	observed.guard = d.demandEcho
	observed.observable(&subject{period: count.period}).get(func(*request) response {
		return content(message.TextPlain, strconv.AppendInt(nil, count.n(), 10)).maxAge(3)
	})

	upload := d.at("echo/upload", "PUT in blocks, the first of which needs a fresh Echo value", link{rt: "lab.echo"})
	upload.guard = d.demandEcho
	upload.put(func(r *request) response {
		return status(codes.Changed, strconv.Itoa(len(r.payload)), " octets").add(optEcho, d.challenge())
	})
}
