package main

func main() { ways() }
