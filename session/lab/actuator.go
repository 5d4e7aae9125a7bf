package lab

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
)

// led is the state of the lamp.
type led struct {
	On         bool   `json:"on" cbor:"on"`
	Brightness int    `json:"brightness" cbor:"brightness"`
	Color      string `json:"color" cbor:"color"`
}

// rule is one member of the collection /rules.
type rule struct {
	format  message.MediaType
	payload []byte
}

// maxRules is how many rules there is room for.
const maxRules = 32

// buildActuator sets up a node that is written to: state, a collection, conditional requests.
func buildActuator(d *device) {
	d.at("", "actuator", link{rt: "lab.device", iface: "core.rp", ct: []message.MediaType{message.TextPlain}}).
		text("Hallway actuator, firmware 1.0.7\n")
	buildLED(d)
	buildRelay(d)
	buildLock(d)
	buildFirmware(d)
	buildRules(d)
}

func buildLED(d *device) {
	lamp := led{Brightness: 80, Color: "#ffd8a0"}
	word := func() string {
		if lamp.On {
			return "on"
		}
		return "off"
	}
	forms := []form{
		{message.TextPlain, func() []byte { return []byte(word()) }},
		{message.AppJSON, func() []byte { return encodeJSON(lamp) }},
		{message.AppCBOR, func() []byte { return encodeCBOR(lamp) }},
	}
	const path = "actuators/led"
	res := d.at(path, "Lamp: PUT on, off or JSON; POST toggles", link{
		rt: "light", iface: "core.a", ct: []message.MediaType{message.TextPlain, message.AppJSON, message.AppCBOR},
	})
	// The ETag is that of the state, so that a client can take it from any representation and send it as If-Match.
	state := func() []byte { return tagOf(0, encodeJSON(lamp)) }
	res.tag = state
	res.observable(&subject{confirm: 1}).
		get(func(r *request) response {
			resp := negotiate(r, forms...)
			if class(resp.code) == 2 {
				resp = resp.etag(state())
			}
			return resp
		}).
		put(func(r *request) response {
			next := lamp
			switch r.format() {
			case message.AppJSON:
				if err := json.Unmarshal(r.payload, &next); err != nil {
					return status(codes.BadRequest, err.Error())
				}
				if next.Brightness < 0 || next.Brightness > 100 {
					return status(codes.BadRequest, "brightness is 0 to 100")
				}
			default:
				switch strings.ToLower(strings.TrimSpace(string(r.payload))) {
				case "on", "1", "true":
					next.On = true
				case "off", "0", "false":
					next.On = false
				default:
					return status(codes.BadRequest, "send on or off")
				}
			}
			if next != lamp {
				lamp = next
				d.notify(path)
			}
			return status(codes.Changed).etag(state())
		}, message.TextPlain, message.AppJSON).
		post(func(*request) response {
			lamp.On = !lamp.On
			d.notify(path)
			return status(codes.Changed, word()).etag(state())
		})
}

func buildRelay(d *device) {
	closed := [2]bool{}
	for i := range closed {
		path := fmt.Sprintf("actuators/relay/%d", i+1)
		d.at(path, fmt.Sprintf("Relay %d: PUT 0 or 1", i+1), link{rt: "relay", iface: "core.a", ct: []message.MediaType{message.TextPlain}}).
			observable(&subject{confirm: 1}).
			get(func(r *request) response {
				return tagged(negotiate(r, form{message.TextPlain, func() []byte {
					if closed[i] {
						return []byte("1")
					}
					return []byte("0")
				}}))
			}).
			put(func(r *request) response {
				switch string(r.payload) {
				case "0", "1":
				default:
					return status(codes.BadRequest, "send 0 or 1")
				}
				if next := string(r.payload) == "1"; next != closed[i] {
					closed[i] = next
					d.notify(path)
				}
				return status(codes.Changed)
			}, message.TextPlain)
	}
}

// maxFirmware is the size of the firmware slot in octets.
const maxFirmware = 256 << 10

func buildFirmware(d *device) {
	var image, tag []byte // both nil while the slot is empty
	res := d.at("actuators/firmware", "Firmware slot: PUT an image, DELETE empties it", link{
		rt: "lab.firmware", iface: "core.p", ct: []message.MediaType{message.AppOctets}, sz: func() int { return len(image) },
	})
	res.limit = maxFirmware
	res.tag = func() []byte { return tag }
	res.get(func(r *request) response {
		resp := negotiate(r, form{message.AppOctets, func() []byte { return image }})
		if class(resp.code) == 2 {
			resp = resp.etag(tag)
		}
		return resp
	}).put(func(r *request) response {
		if len(r.payload) == 0 {
			return status(codes.BadRequest, "an image has at least one octet")
		}
		created := image == nil
		image = slices.Clone(r.payload)
		tag = tagOf(uint32(message.AppOctets), image)
		if created {
			return status(codes.Created)
		}
		return status(codes.Changed)
	}, message.AppOctets).on(codes.DELETE, func(*request) response {
		image, tag = nil, nil
		return status(codes.Deleted)
	})
}

// buildRules sets up a collection: POST makes a member, PUT makes or changes one, DELETE takes it away.
func buildRules(d *device) {
	const collection = "rules"
	formats := []message.MediaType{message.TextPlain, message.AppJSON}
	rules := make(map[string]*rule)
	next := 1
	var member func(id string) *resource

	store := func(id string, r *request) response {
		path := collection + "/" + id
		if _, known := rules[id]; !known {
			if len(rules) == maxRules {
				return status(codes.InternalServerError, "no room for another rule; delete one first")
			}
			rules[id] = &rule{r.format(), slices.Clone(r.payload)}
			listed := d.at(path, "Rule "+id, link{rt: "lab.rule", iface: "core.p", ct: []message.MediaType{r.format()}})
			made := member(id)
			listed.methods, listed.formats, listed.tag = made.methods, made.formats, made.tag
			listed.observable(&subject{confirm: 1})
			d.notify(collection)
			return status(codes.Created)
		}
		rules[id] = &rule{r.format(), slices.Clone(r.payload)}
		d.resources[path].ct = []message.MediaType{r.format()}
		d.notify(path)
		return status(codes.Changed)
	}
	member = func(id string) *resource {
		res := &resource{methods: make(map[codes.Code]handler)}
		res.tag = func() []byte {
			if rule := rules[id]; rule != nil {
				return tagOf(uint32(rule.format), rule.payload)
			}
			return nil
		}
		return res.get(func(r *request) response {
			rule := rules[id]
			return tagged(negotiate(r, form{rule.format, func() []byte { return rule.payload }}))
		}).put(func(r *request) response {
			return store(id, r)
		}, formats...).on(codes.DELETE, func(*request) response {
			if rules[id] != nil {
				delete(rules, id)
				d.remove(collection + "/" + id)
				d.notify(collection)
			}
			return status(codes.Deleted)
		})
	}
	d.missing = func(path string) *resource {
		id, ok := strings.CutPrefix(path, collection+"/")
		if !ok || id == "" || strings.Contains(id, "/") || len(id) > 32 {
			return nil
		}
		return member(id)
	}

	d.at(collection, "Rules: POST makes one, GET lists them", link{
		rt: "lab.collection", iface: "core.b", ct: []message.MediaType{message.AppLinkFormat},
	}).observable(&subject{confirm: 1}).get(func(r *request) response {
		return tagged(negotiate(r, form{message.AppLinkFormat, func() []byte {
			return d.links(r.strings(message.URIQuery), func(res *resource) bool { return strings.HasPrefix(res.path, collection+"/") })
		}}))
	}).post(func(r *request) response {
		for rules[strconv.Itoa(next)] != nil { // made by PUT
			next++
		}
		id := strconv.Itoa(next)
		resp := store(id, r)
		if resp.code != codes.Created {
			return resp
		}
		return resp.add(message.LocationPath, []byte(collection)).add(message.LocationPath, []byte(id))
	}, formats...)
}
