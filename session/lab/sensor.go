package lab

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/plgd-dev/go-coap/v3/message"
)

// logSize is the size of /sensors/log in octets.
const logSize = 48 << 10

// quantity is a drifting number with a unit of RFC 8428 §12.1.
type quantity struct {
	series
	stream     uint64
	base, span float64
	unit       string
}

// at returns the n-th value, to one decimal: a slow wave with a little noise.
func (q quantity) at(n int64) float64 {
	v := q.base + q.span*math.Sin(float64(n)/40+q.d.noise(q.stream, 0)) + q.span/8*q.d.noise(q.stream, n)
	return math.Round(v*10) / 10
}

func (q quantity) text() []byte { return strconv.AppendFloat(nil, q.at(q.n()), 'f', 1, 64) }

// reading is a value with its unit and the ten values before it, oldest first.
type reading struct {
	Value   float64   `json:"t" cbor:"t"`
	Unit    string    `json:"u" cbor:"u"`
	History []float64 `json:"hist" cbor:"hist"`
}

func (q quantity) reading() reading {
	n := q.n()
	r := reading{Value: q.at(n), Unit: q.unit}
	for i := n - 10; i < n; i++ {
		r.History = append(r.History, q.at(i))
	}
	return r
}

// record is a SenML record (RFC 8428 §4, labels of §6).
type record struct {
	BaseName string  `json:"bn,omitempty" cbor:"-2,keyasint,omitempty"`
	Version  int     `json:"bver,omitempty" cbor:"-1,keyasint,omitempty"`
	Name     string  `json:"n" cbor:"0,keyasint"`
	Unit     string  `json:"u" cbor:"1,keyasint"`
	Value    float64 `json:"v" cbor:"2,keyasint"`
}

// encodeJSON and encodeCBOR render values of this package's own types, which cannot fail.
func encodeJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte(strconv.Quote(err.Error()))
	}
	return b
}

// shortCBOR writes floats as short as they can be (RFC 8949 §4.2.2), as a small device does.
var shortCBOR = func() cbor.EncMode {
	mode, err := cbor.EncOptions{ShortestFloat: cbor.ShortestFloat16}.EncMode()
	if err != nil {
		panic(err) // the options are constant
	}
	return mode
}()

func encodeCBOR(v any) []byte {
	b, err := shortCBOR.Marshal(v)
	if err != nil {
		return []byte{0xf6} // null
	}
	return b
}

// buildSensor sets up a node that measures: everything drifts, everything can be observed, in many formats.
func buildSensor(d *device) {
	temp := quantity{series{d, 2 * time.Second}, 1, 21.5, 2.5, "Cel"}
	humidity := quantity{series{d, 3 * time.Second}, 2, 46, 9, "%RH"}
	co2 := quantity{series{d, 5 * time.Second}, 3, 640, 180, "ppm"}
	pack := func(quantities map[string]quantity, names ...string) []record {
		var all []record
		for _, name := range names {
			q := quantities[name]
			all = append(all, record{Name: name, Unit: q.unit, Value: q.at(q.n())})
		}
		all[0].BaseName = "urn:dev:mac:0024befffe804ff1:"
		if slices.Contains(names, "co2") {
			all[0].Version = 26 // SenML 10 with secondary units, of which ppm is one (RFC 9100 §4)
		}
		return all
	}
	all := map[string]quantity{"temp": temp, "humidity": humidity, "co2": co2}
	senml := func(names ...string) []form {
		return []form{
			{formatSenMLJSON, func() []byte { return encodeJSON(pack(all, names...)) }},
			{formatSenMLCBOR, func() []byte { return encodeCBOR(pack(all, names...)) }},
		}
	}

	d.quiet = true // who sleeps most of the time saves what may be left out
	d.at("", "livingroom-node", link{rt: "lab.device", iface: "core.rp", ct: []message.MediaType{message.TextPlain}}).
		text("Living room sensor node, firmware 2.3.1\n")

	d.at("sensors/temp", "Air temperature", link{
		rt: "temperature-c", iface: "core.s",
		ct: []message.MediaType{message.AppCBOR, message.AppJSON, message.TextPlain, formatSenMLJSON, formatSenMLCBOR},
	}).observable(&subject{confirm: 16, period: temp.period}).get(func(r *request) response {
		return fresh(r, temp.period, append([]form{
			{message.AppCBOR, func() []byte { return encodeCBOR(temp.reading()) }},
			{message.AppJSON, func() []byte { return encodeJSON(temp.reading()) }},
			{message.TextPlain, temp.text},
		}, senml("temp")...)...)
	})

	for _, s := range []struct {
		path, title, rt string
		quantity
	}{
		{"sensors/humidity", "Relative humidity", "humidity", humidity},
		{"sensors/co2", "Carbon dioxide", "co2", co2},
	} {
		d.at(s.path, s.title, link{rt: s.rt, iface: "core.s", ct: []message.MediaType{message.TextPlain}}).
			observable(&subject{confirm: 16, period: s.period}).
			get(func(r *request) response { return fresh(r, s.period, form{message.TextPlain, s.text}) })
	}

	d.at("sensors/senml", "All measurements as a SenML pack", link{
		rt: "lab.measurements", iface: "core.b", ct: []message.MediaType{formatSenMLJSON, formatSenMLCBOR},
	}).observable(&subject{confirm: 16, period: temp.period}).get(func(r *request) response {
		return fresh(r, temp.period, senml("temp", "humidity", "co2")...)
	})

	minute := series{d, time.Minute}
	d.at("sensors/log", "Measurement log of the last hours", link{
		rt: "lab.log", iface: "core.rp", ct: []message.MediaType{message.TextPlain}, sz: func() int { return logSize },
	}).get(func(r *request) response {
		return fresh(r, minute.period, form{message.TextPlain, func() []byte { return measurementLog(minute.n(), temp, humidity) }})
	})
}

// fresh answers with the ETag of what it says, and a Max-Age of two periods, so that one notification may get lost.
func fresh(r *request, period time.Duration, forms ...form) response {
	resp := tagged(negotiate(r, forms...))
	if class(resp.code) == 2 {
		resp = resp.maxAge(uint32(2 * period / time.Second))
	}
	return resp
}

// measurementLog is a text of logSize octets, a line a minute, the newest last.
func measurementLog(n int64, temp, humidity quantity) []byte {
	var b strings.Builder
	b.Grow(logSize)
	const lines = logSize / 48
	for i := range int64(lines) {
		m := n - lines + 1 + i
		line := fmt.Sprintf("%+06d min  temp %5.1f Cel  humidity %5.1f %%RH", m, temp.at(m*30), humidity.at(m*20))
		fmt.Fprintf(&b, "%-47.47s\n", line)
	}
	return []byte(b.String())
}
