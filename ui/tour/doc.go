// Tour plays a user of Coapscope: it starts the program on a virtual display of its own, points, clicks
// and types with a real mouse and keyboard, and asks the program's probe what the window says.
//
//	go run ./ui/tour -binary build/coapscope -out build/tour
//
// plays the first steps of the README's tour and saves a picture of each. The tests of this directory
// play all that a user does, and look at the values.
//
// A [Driver] is one running program with its display. The program gets a home directory of its own, so
// that no setting of the user is read or changed, and where the system allows it a network of its own with
// nothing but loopback, so that no other program on the machine answers. It needs Xvfb, openbox, xdotool
// and ImageMagick's import.
package main
