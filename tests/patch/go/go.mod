module ashore.test/ways

go 1.24
