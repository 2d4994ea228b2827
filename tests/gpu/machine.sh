# Sourced by the scripts of this folder: what they run, and on which driver.
stage="${STAGE:-build/stage}"
driver="${DRIVER:-$(ldconfig -p | awk '/libcuda\.so\.1 .*x86-64/ {print $NF; exit}')}"
