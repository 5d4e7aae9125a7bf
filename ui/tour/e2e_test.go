//go:build !ci

package main

import (
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"coapscope/ui/view"
)

// tags are those of the Makefile: with others all of the graphics code is compiled again.
const tags = "x11,gles,migrated_fynedo"

// root is the top of the tree, from here.
const root = "../.."

// program gives the program to play: that of COAPSCOPE_BINARY, or one that it builds.
func program(t *testing.T) string {
	t.Helper()
	if names := missing(); len(names) > 0 {
		text := "not installed: " + strings.Join(names, ", ") + " (make test installs them on Debian)"
		if os.Getenv("CI") != "" {
			t.Fatal(text)
		}
		t.Skip(text)
	}
	if binary := os.Getenv("COAPSCOPE_BINARY"); binary != "" {
		return binary
	}
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// built builds the program, once for all tests.
var built = sync.OnceValues(func() (string, error) {
	binary, err := filepath.Abs(filepath.Join(root, "build", "e2e", "coapscope"))
	if err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-trimpath", "-tags", tags, "-ldflags", "-s -w", "-o", binary, ".")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return binary, nil
})

// logged writes to the log of a test.
type logged struct{ t *testing.T }

func (w logged) Write(b []byte) (int, error) {
	w.t.Helper()
	w.t.Log(strings.TrimSuffix(string(b), "\n"))
	return len(b), nil
}

// TestWindow is the acceptance test of the window: a user with a mouse and a keyboard, step by step. Each
// step leaves the window for the next one, and a picture in build/e2e.
func TestWindow(t *testing.T) {
	plays(t, []deed{
		{"01-discover", (*user).discovers},
		{"02-open-a-device", (*user).opensADevice},
		{"03-get", (*user).gets},
		{"04-select-a-packet", (*user).selectsAPacket},
		{"05-hover-a-bit", (*user).hoversABit},
		{"06-observe", (*user).observes},
		{"07-stop-observing", (*user).stopsObserving},
		{"08-read-a-megabyte", (*user).readsAMegabyte},
		{"09-read-small-blocks", (*user).seesProgress},
		{"10-put", (*user).puts},
		{"11-type-an-address", (*user).typesAnAddress},
		{"12-tabs", (*user).opensAndClosesTabs},
		{"13-lossy-device", (*user).waitsForTheLossyDevice},
		{"14-edit-a-message", (*user).editsAMessage},
		{"15-packets-by-keys", (*user).walksThroughPackets},
		{"16-filter-packets", (*user).filtersPackets},
		{"17-fold-panels", (*user).foldsPanels},
		{"18-wrong-address", (*user).mistypesAnAddress},
		{"19-no-answer", (*user).asksNobody},
	})
}

// deed is something that a user does in the window. It leaves the window for the next one.
type deed struct {
	name string
	play func(*user)
}

// plays opens the window with the lab and has a user do them, each with a picture in build/e2e, and
// close the window.
func plays(t *testing.T, deeds []deed) {
	d, err := Start(t.Context(), Config{
		Binary: program(t), Args: []string{"--lab"}, Out: filepath.Join(root, "build", "e2e"),
		Fail: func(err error) { t.Fatal(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	u := &user{Driver: d}
	for _, s := range deeds {
		passed := t.Run(s.name, func(t *testing.T) {
			u.t, d.Log = t, logged{t}
			d.Fail = func(err error) { t.Fatal(err) }
			s.play(u)
			d.Shot(s.name)
		})
		if !passed {
			return // what follows begins where this step should have ended
		}
	}
	t.Run("close", func(t *testing.T) {
		u.t, d.Log = t, logged{t}
		d.Fail = func(err error) { t.Fatal(err) }
		u.closesTheWindow()
	})
}

// TestTour plays what make run plays where there is no display.
func TestTour(t *testing.T) {
	out := t.TempDir()
	var log strings.Builder
	if err := tour(t.Context(), program(t), out, &log); err != nil {
		t.Fatalf("%v\n%s", err, &log)
	}
	for i, s := range steps {
		name := fmt.Sprintf("%d-%s.png", i+1, s.name)
		file, err := os.Open(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.DecodeConfig(file)
		file.Close()
		if err != nil || picture.Width != 1600 || picture.Height != 1000 {
			t.Errorf("%s is no picture of the screen: %v, %d by %d", name, err, picture.Width, picture.Height)
		}
		if !strings.Contains(log.String(), name) {
			t.Errorf("the tour does not say that it made %s:\n%s", name, &log)
		}
	}
}

// user is a driver with opinions on what is to be seen.
type user struct {
	*Driver
	t *testing.T
}

func (u *user) want(what string, got, want any) {
	u.t.Helper()
	if got != want {
		u.t.Fatalf("%s is %v, want %v", what, got, want)
	}
}

func (u *user) wantField(p view.Probed, field string) {
	u.t.Helper()
	if !slices.ContainsFunc(p.Fields, func(f string) bool { return strings.HasPrefix(f, field) }) {
		u.t.Fatalf("the inspector has no field %q, but\n\t%s", field, strings.Join(p.Fields, "\n\t"))
	}
}

// says waits until a panel has a text.
func (u *user) says(panel, text string) view.ProbedSpan { return u.Find(panel, text) }

// sees waits until a panel has the text no more.
func (u *user) seesNo(panel, text string) {
	u.WaitFor("no "+text+" in the "+panel, func(p view.Probed) bool { return !p.Says(panel, text) })
}

// fold clicks a row of the device tree until it is folded: the text is of a row below it.
func (u *user) fold(row, below string) {
	u.Try(func() { u.Click("devices", row) }, row+" to be folded",
		func(p view.Probed) bool { return !p.Says("devices", below) })
}

// goTo types an address into the bar.
func (u *user) goTo(address string) {
	u.Try(func() {
		u.Key("ctrl+l", "ctrl+a")
		u.Type(address)
	}, "the address "+address, func(p view.Probed) bool {
		s, ok := p.Find("bar", address)
		return ok && s.Text == address
	})
}

// send presses Ctrl+Enter and waits for an answer, or for why there is none.
func (u *user) send(what string, answered func(view.Probed) bool) view.Probed {
	return u.Try(func() { u.Key("ctrl+Return") }, what,
		func(p view.Probed) bool { return p.State == "idle" && answered(p) })
}

func (u *user) discovers() {
	p := discover(u.Driver, "livingroom-node", "actuator", "store", "plugtest")
	if p.Packets < 5 {
		u.t.Errorf("four devices were discovered with %d packets", p.Packets)
	}
}

// waitsForTheLossyDevice looks at the end of the search. The difficult device of the lab loses one message
// in five: its description comes in blocks of which some are sent again, and where the multicast request
// itself is lost, which is never repeated (RFC 7252 §8.1), the user searches again.
func (u *user) waitsForTheLossyDevice() {
	const searches = 12 // of which less than one in 100,000 times all are lost
	var p view.Probed
	for i := range searches {
		if i > 0 {
			u.Try(func() { u.Click("bar", "Discover") }, "another search", func(p view.Probed) bool { return p.Says("bar", "◎ Stop") })
		}
		p = u.WaitLong(5*time.Minute, "the end of the search", func(p view.Probed) bool { return p.Says("bar", "Discover") })
		if p.Says("devices", "difficult") {
			break
		}
	}
	u.says("devices", "difficult")
	if len(alone(u.t.Context())) > 0 { // else others on this machine may answer too
		u.want("the number of devices", p.Devices, 5)
	}
}

func (u *user) opensADevice() {
	openDevice(u.Driver, "livingroom-node", "temp")
	u.says("devices", "humidity")
	u.fold("livingroom-node", "temp")
	openDevice(u.Driver, "livingroom-node", "temp")
}

// temperature is how the representation of /sensors/temp begins, in CBOR or JSON.
var temperature = regexp.MustCompile(`"t": \d+\.\d`)

func (u *user) gets() {
	p := ask(u.Driver, "temp", func(p view.Probed) bool { return p.Code == "2.05" && p.Selected != 0 })
	u.want("the title of the tab", p.Tabs[0], "GET sensors/temp")
	u.says("bar", "coap://127.0.0.1")
	u.says("answer", "2.05 Content")
	u.says("answer", `"Cel"`)
	if !temperature.MatchString(p.Text("answer")) {
		u.t.Errorf("no temperature in\n%s", p.Text("answer"))
	}
	u.says("devices", "°C")
	u.wantField(p, "Code: 2.05 Content")
}

func (u *user) selectsAPacket() {
	p := selectPacket(u.Driver, "/sensors/temp")
	for _, field := range []string{
		"Version: 1", "Type: 0 Confirmable", "Code: 0.01 GET", "Message ID: 0x", "Token: ",
		"11 Uri-Path: sensors", "11 Uri-Path: temp",
	} {
		u.wantField(p, field)
	}
	for _, bits := range []string{"v1", "CON", "TKL", "Message ID", "Token"} {
		u.says("inspector", bits)
	}
	u.says("packets", "RTT") // of the exchange, in the ladder
}

func (u *user) hoversABit() {
	for _, bits := range []struct{ label, section string }{{"v1", "RFC 7252 §3"}, {"Message ID", "RFC 7252 §"}} {
		u.Try(func() { u.Point("inspector", bits.label) }, "what "+bits.label+" means", func(p view.Probed) bool {
			return p.Says("inspector", bits.section) && !p.Says("inspector", "Point at anything")
		})
	}
	u.says("inspector", "Uri-Path")
}

func (u *user) observes() {
	u.Try(func() { u.Click("bar", "◉ Observe") }, "an observation", func(p view.Probed) bool { return p.State == "observing" })
	p := u.WaitFor("the first value", func(p view.Probed) bool { return p.Notified >= 1 && temperature.MatchString(p.Text("answer")) })
	first, notified := temperature.FindString(p.Text("answer")), p.Notified
	p = u.WaitFor("another value than "+first, func(p view.Probed) bool {
		now := temperature.FindString(p.Text("answer"))
		return p.Notified > notified && now != "" && now != first
	})
	u.want("the code of the notification", p.Code, "2.05")
	u.says("status", "1 observation")
	u.says("bar", "◉ Stop")
}

func (u *user) stopsObserving() {
	u.Try(func() { u.Click("bar", "◉ Stop") }, "the end of the observation", func(p view.Probed) bool { return p.State == "idle" })
	u.says("answer", "No longer observed")
	u.says("bar", "◉ Observe")
	u.seesNo("status", "observation")
}

// megabyte is the size of /blobs/1m.
const megabyte = 1 << 20

func (u *user) readsAMegabyte() {
	u.fold("livingroom-node", "temp")
	openDevice(u.Driver, "store", "1m")
	p := ask(u.Driver, "1m", func(p view.Probed) bool { return p.PayloadSize > 1000 })
	u.want("the size of the payload", p.PayloadSize, megabyte)
	u.want("the code", p.Code, "2.05")
	u.WaitFor("two packets for each block", func(p view.Probed) bool { return p.Packets >= 2*megabyte/1024 })
	u.says("answer", "1024 blocks")
}

// makesTheNetworkBad writes rules for the network, for none if they are empty.
func (u *user) makesTheNetworkBad(rules, status string) {
	u.Try(func() { u.Key("ctrl+shift+b") }, "the dialog", func(p view.Probed) bool { return p.Says("", "A bad network") })
	u.Key("ctrl+a")
	u.Key("BackSpace")
	for i, rule := range strings.Split(rules, "\n") {
		if i > 0 {
			u.Key("Return")
		}
		u.Type(rule)
	}
	u.Try(func() { u.Click("", "Apply") }, "the end of the dialog", func(p view.Probed) bool { return !p.Says("", "A bad network") })
	u.says("status", status)
}

// seesProgress reads the megabyte again, in many blocks, one of which takes its time, so that it can be seen coming.
func (u *user) seesProgress() {
	before := u.Probe().Packets
	u.makesTheNetworkBad("delay received block 9000 1500ms", "bad network: 1 rule")
	u.Try(func() { u.Click("request", "Message") }, "the settings of the message",
		func(p view.Probed) bool { return p.Says("request", "Block size") })
	u.Try(func() { u.Click("request", "Block size") }, "the sizes of blocks",
		func(p view.Probed) bool { return p.Says("", "Block size: 64") })
	u.Try(func() { u.Click("", "Block size: 64") }, "the size of blocks",
		func(p view.Probed) bool { return p.Says("request", "Block size: 64") })
	u.Key("ctrl+Return")
	first := u.WaitFor("the beginning of the megabyte", func(p view.Probed) bool { return p.State == "asking" && p.Read > 0 })
	u.WaitFor("more of it", func(p view.Probed) bool { return p.Read > first.Read && p.Says("answer", "Reading block") })
	u.Shot("09-reading")
	p := u.WaitFor("all of it", func(p view.Probed) bool { return p.State == "idle" && p.PayloadSize > 0 })
	u.want("the size of the payload", p.PayloadSize, megabyte)
	u.says("answer", "16384 blocks")
	u.makesTheNetworkBad("", "The network is left as it is")
	u.WaitFor("two packets for each block", func(p view.Probed) bool { return p.Packets-before >= 2*megabyte/64 })
	u.fold("store", "1m")
}

func (u *user) puts() {
	openDevice(u.Driver, "actuator", "led")
	ask(u.Driver, "led", func(p view.Probed) bool { return p.Code == "2.05" })
	u.Try(func() { u.Click("bar", "GET") }, "the methods", func(p view.Probed) bool { return p.Says("", "iPATCH") })
	u.Try(func() { u.Click("", "PUT") }, "PUT in the bar", func(p view.Probed) bool { return p.Says("bar", "PUT") })
	u.Try(func() { u.Click("request", "Payload") }, "the payload's form", func(p view.Probed) bool { return p.Says("request", "Text") })
	form := u.says("request", "Text")
	u.ClickAt(view.ProbedSpan{X: form.X, Y: form.Y + form.H + 40, W: 60, H: 2})
	u.Type("on")
	u.says("request", "on")
	p := u.send("the answer of PUT", func(p view.Probed) bool { return strings.HasPrefix(p.Code, "2.") && p.Code != "2.05" })
	u.want("the code of PUT", p.Code, "2.04")
}

func (u *user) typesAnAddress() {
	u.Key("ctrl+n")
	u.WaitFor("a new tab", func(p view.Probed) bool { return len(p.Tabs) == 2 && p.Tab == 1 && p.Code == "" })
	u.goTo("coap://127.0.0.12/actuators/led")
	p := u.send("the lamp", func(p view.Probed) bool { return p.Code != "" })
	u.want("the code", p.Code, "2.05")
	u.want("the title of the tab", p.Tabs[1], "GET actuators/led")
	u.says("answer", "on") // as it was put
}

func (u *user) opensAndClosesTabs() {
	before := u.Probe()
	u.Key("ctrl+n")
	u.WaitFor("one more tab", func(p view.Probed) bool { return len(p.Tabs) == len(before.Tabs)+1 })
	u.Key("ctrl+Tab")
	p := u.WaitFor("the first tab", func(p view.Probed) bool { return p.Tab == 0 })
	u.want("the answer of the first tab", p.Code, "2.04")
	u.Click("tabs", p.Tabs[len(p.Tabs)-1])
	u.WaitFor("the last tab", func(p view.Probed) bool { return p.Tab == len(before.Tabs) })
	u.Key("ctrl+w")
	p = u.WaitFor("one tab less", func(p view.Probed) bool { return len(p.Tabs) == len(before.Tabs) })
	u.want("the tabs", strings.Join(p.Tabs, "; "), strings.Join(before.Tabs, "; "))
}

func (u *user) walksThroughPackets() {
	if p := u.Probe(); p.Says("packets", "↓") { // packets came while an earlier one was looked at
		u.Try(func() { u.Click("packets", "↓") }, "the newest packets", func(p view.Probed) bool { return !p.Says("packets", "↓") })
	}
	p := selectPacket(u.Driver, "→") // what the inspector shows is an answer
	first := p.Selected
	for _, to := range []struct {
		key  string
		seq  int
		what string
	}{{"Down", first + 1, "the next packet"}, {"Up", first, "the packet before it"}} {
		u.Key(to.key)
		u.WaitFor(to.what, func(p view.Probed) bool { return p.Selected == to.seq })
	}
	u.Key("Home")
	p = u.WaitFor("the first packet", func(p view.Probed) bool { return p.Selected == 1 })
	u.wantField(p, "Code: 0.01 GET")
	u.Key("End")
	u.WaitFor("the last packet", func(p view.Probed) bool { return p.Selected == p.Packets })
}

// editsAMessage makes a request malformed, bit by bit and by its field, and sends it as it is: the device
// answers with a Reset.
func (u *user) editsAMessage() {
	selectPacket(u.Driver, "→")
	u.Key("Home")
	u.WaitFor("the first packet", func(p view.Probed) bool { return p.Selected == 1 })
	for step := 0; !u.asksForASensor(); step++ { // of a device that loses nothing
		if step == 100 {
			u.t.Fatal("there is no request for a sensor among the first packets")
		}
		at := u.Probe().Selected
		u.Key("Down")
		u.WaitFor("the next packet", func(p view.Probed) bool { return p.Selected == at+1 })
	}
	of := u.Probe().Selected
	u.Try(func() { u.Key("ctrl+m") }, "a copy to edit", func(p view.Probed) bool {
		return p.Says("inspector", fmt.Sprintf("Editing message %d", of))
	})
	u.Try(func() { u.Click("inspector", "Token length") }, "the token length", func(p view.Probed) bool { return p.Says("inspector", "The token has") })
	u.Key("Return", "ctrl+a")
	u.Type("9")
	u.Key("Return")
	p := u.WaitFor("a malformed copy", func(p view.Probed) bool {
		return p.Says("inspector", fmt.Sprintf("Edited from message %d · 1 change", of)) && p.Says("inspector", "TKL 9")
	})
	packets := p.Packets
	u.Key("ctrl+shift+Return")
	p = u.WaitFor("the packet that was sent", func(p view.Probed) bool { return p.Selected > packets && strings.Contains(p.Message, "Sent as packet") })
	u.want("the frame that is shown is not the edited one", p.Says("inspector", "Editing"), false)
	u.Try(func() { // it may lie below what is in sight
		if p := u.Probe(); p.Says("packets", "↓") {
			u.Click("packets", "↓")
		}
	}, "the Reset that answers it", func(p view.Probed) bool {
		return p.Says("packets", "RST") && p.Says("packets", fmt.Sprintf("rejects #%d", of))
	})
}

// asksForASensor tells whether the inspector shows a confirmable request for a sensor.
func (u *user) asksForASensor() bool {
	fields := u.Probe().Fields
	return slices.Contains(fields, "Type: 0 Confirmable") && slices.Contains(fields, "11 Uri-Path: sensors")
}

func (u *user) filtersPackets() {
	u.Try(func() {
		u.Key("ctrl+f", "ctrl+a")
		u.Type("PUT")
	}, "the packets of PUT", func(p view.Probed) bool {
		return p.Says("packets", "/actuators/led") && p.Says("packets", " of ") // so many
	})
	u.Key("ctrl+f", "ctrl+a", "BackSpace")
	u.says("packets", "Filter: code.class")
}

func (u *user) foldsPanels() {
	for _, f := range []struct{ key, panel, text string }{
		{"ctrl+b", "devices", "livingroom-node"},
		{"ctrl+i", "inspector", "Findings"},
	} {
		u.says(f.panel, f.text)
		u.Key(f.key)
		u.seesNo(f.panel, f.text)
		u.Key(f.key)
		u.says(f.panel, f.text)
	}
}

func (u *user) mistypesAnAddress() {
	packets := u.Probe().Packets
	for _, wrong := range []struct{ address, why string }{
		{"coap://[::1", "character 7"},
		{"http://127.0.0.12/", "is not coap"},
	} {
		u.goTo(wrong.address)
		u.Key("ctrl+Return")
		p := u.WaitFor("why "+wrong.address+" cannot be sent", func(p view.Probed) bool {
			_, why, _ := strings.Cut(p.Text("request"), "Cannot be sent yet")
			return p.State == "idle" && strings.Contains(why, wrong.why)
		})
		u.want("the number of packets", p.Packets, packets)
	}
}

func (u *user) asksNobody() {
	u.goTo("coap://127.0.0.98/")
	u.Key("ctrl+Return")
	p := u.WaitFor("the ICMP error", func(p view.Probed) bool { return p.State == "idle" && p.Failure != "" })
	u.want("the beginning of the failure", strings.HasPrefix(p.Failure, "Nothing listens on port 5683 of 127.0.0.98"), true)

	u.makesTheNetworkBad("lose sent peer 127.0.0.99", "bad network: 1 rule")
	u.goTo("coap://127.0.0.99/")
	u.Try(func() { u.Key("ctrl+Return") }, "the first try", func(p view.Probed) bool {
		return p.State == "asking" && p.Says("answer", "Try 1 of 5 · retransmission in")
	})
	u.Shot("18-waiting")
	u.WaitFor("the second try", func(p view.Probed) bool {
		return p.Says("answer", "Try 2 of 5") && p.Says("packets", "retransmission 1")
	})
	p = u.Try(func() { u.Click("bar", "Cancel") }, "the end of waiting", func(p view.Probed) bool { return p.State == "idle" })
	u.want("the failure", p.Failure, "Lost on purpose")
	u.want("the code", p.Code, "")
	u.says("answer", "no answer")
	u.says("bar", "Send")
}

func (u *user) closesTheWindow() {
	if err := u.Ended(func() { u.Key("alt+F4") }); err != nil {
		u.t.Fatalf("the program ends with %v\n%s", err, u.program.said())
	}
}
