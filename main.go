// Coapscope is a desktop explorer for CoAP (RFC 7252).
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"

	"coapscope/assets"
	"coapscope/session"
	"coapscope/ui"
	"coapscope/ui/keep"
	"coapscope/ui/widget"
)

// version is set when the program is built for users.
var version = "development"

const usage = `Usage: coapscope [flags] [URI | host | capture file]

Browse CoAP devices, talk to them, and see every bit.

`

func main() {
	withLab := flag.Bool("lab", false, "start the embedded lab of virtual devices, on loopback only")
	theme := flag.String("theme", "", "dark, light or system, for this run; the default is what was chosen last")
	data := flag.String("data", "", "`folder` for history, tabs, collections and secrets; the default is where the system has such things")
	probe := flag.String("probe", "", "`file` of a socket at which tests can ask what the window says")
	showVersion := flag.Bool("version", false, "print the version and exit")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(), usage)
		flag.PrintDefaults()
	}
	flag.Parse()
	if *showVersion {
		fmt.Println("coapscope", version)
		return
	}
	modes := map[string]widget.Mode{"dark": widget.Dark, "light": widget.Light, "system": widget.FollowSystem}
	mode, known := modes[*theme]
	if *theme != "" && !known || flag.NArg() > 1 {
		flag.Usage()
		os.Exit(2)
	}

	engine, err := session.Open(session.Config{})
	exitOn(err)
	a := app.NewWithID("io.coapscope.Coapscope")
	a.SetIcon(fyne.NewStaticResource("icon.svg", assets.Icon))
	if !known {
		mode = ui.LastMode(a)
	}
	window := ui.NewWindow(a, engine, mode)
	if settings, err := os.UserConfigDir(); err == nil {
		window.LoadNames(filepath.Join(settings, "coapscope", "names.txt"))
	}
	places := keep.DefaultPlaces()
	if *data != "" {
		places = keep.PlacesIn(*data)
	}
	window.Keep(keep.Open(places))
	window.RecordInto(filepath.Join(places.Data, "recordings"))
	if *withLab {
		exitOn(window.StartLab())
	}
	if *probe != "" {
		exitOn(window.Probe(*probe))
	}
	if flag.NArg() == 1 {
		window.Open(flag.Arg(0))
	}
	window.Run()
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "coapscope:", err)
		os.Exit(1)
	}
}
