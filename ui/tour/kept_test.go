//go:build !ci

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"coapscope/ui/view"
)

// A program that is killed comes back with its tabs, with what was half written in them, its collections and its history,
// from which a click has the answer again.
func TestKilledWindowComesBack(t *testing.T) {
	data := t.TempDir()
	open := func() *user {
		d, err := Start(t.Context(), Config{
			Binary: program(t), Args: []string{"--lab", "--data", data}, Out: filepath.Join(root, "build", "e2e"),
			Log: logged{t}, Fail: func(err error) { t.Fatal(err) },
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(d.Close)
		return &user{Driver: d, t: t}
	}
	u := open()
	u.discovers()
	u.goTo("coap://127.0.0.11/sensors/temp")
	u.send("a temperature", func(p view.Probed) bool { return p.Code == "2.05" })
	u.says("kept", "GET  /sensors/temp")

	u.Key("ctrl+shift+s")
	u.says("", "Save the request as")
	u.Key("ctrl+a")
	u.Type("bring-up/temperature")
	u.Key("Return")
	u.says("kept", "GET  temperature")
	u.goTo("coap://127.0.0.11/sensors/hum")
	u.says("tabs", "GET temperature ●")
	file := filepath.Join(data, "collections", "bring-up", "temperature.coap.toml")
	if content, err := os.ReadFile(file); err != nil || string(content) != "method = \"GET\"\naddress = \"coap://127.0.0.11/sensors/temp\"\n" {
		t.Fatalf("%v\n%s", err, content)
	}
	u.Shot("40-before-the-kill")
	u.WaitFor("the tabs to be kept", func(view.Probed) bool { // at most a second after they were changed
		content, _ := os.ReadFile(filepath.Join(data, "tabs.json"))
		return strings.Contains(string(content), "/sensors/hum\\")
	})
	if err := u.program.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-u.program.done
	u.Close()

	u = open()
	u.says("bar", "coap://127.0.0.11/sensors/hum")
	u.says("tabs", "GET temperature ●")
	u.says("kept", "GET  temperature")
	p := u.WaitFor("the answer", func(p view.Probed) bool { return p.Code == "2.05" })
	u.want("number of packets", p.Packets, 0)
	u.Shot("41-after-the-kill")

	u.Key("ctrl+n")
	u.Click("kept", "GET  temperature")
	u.want("number of tabs", len(u.WaitFor("the tab of the file", func(p view.Probed) bool { return p.Tab == 0 }).Tabs), 2)
	u.Key("ctrl+h")
	u.Type("temp 2.05")
	u.says("", "1 of 1")
	u.Shot("42-history")
	u.Key("Escape")
}
